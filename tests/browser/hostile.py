"""Markdown of which each part would print, pop up, fetch or navigate, were it let through."""

HOSTILE = """\
Before <img src=x onerror=alert(1)> and <script>alert(2)</script> and <svg onload=alert(3)></svg>

![pixel](http://tracker.test/pixel.png) and ![pixel][1] and [click](javascript:alert(4))

[click](JaVaScRiPt&colon;alert(5)) <javascript:alert(6)>
[data](data:text/html,<script>alert(7)</script>)

<iframe src="http://tracker.test/frame"></iframe>
<style>@import url(http://tracker.test/a.css);</style>

<base href="http://tracker.test/"><meta http-equiv="refresh" content="0;url=http://tracker.test/">

<div hx-get="http://tracker.test/get" hx-trigger="load" hx-on:load="alert(8)">a</div>

<form action="http://tracker.test/form"><button>Send</button></form>

- `<img src=x onerror=alert(9)>` and **<video src=http://tracker.test/film autoplay>**
- <a href="http://tracker.test/" onmouseover=alert(10) ping="http://tracker.test/ping">over</a>

| a | b |
|---|---|
| <img src=http://tracker.test/cell.png> | [x](vbscript:alert(11)) |

[1]: http://tracker.test/reference.png

The end, and [a link](https://shop.test/help "Help")."""
