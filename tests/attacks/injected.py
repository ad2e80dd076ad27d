"""Texts of which each part would run, fetch or lead away, were it let through, with a number."""

import itertools
from collections.abc import Iterator

# {n} is the case's number: whatever runs calls pwn({n}), whatever is fetched names it.
RAW = [
    "<script>pwn({n})</script>",
    "<ScRiPt >pwn({n})</sCrIpT\t>",
    "<script src=//tracker.test/{n}.js></script>",
    "<img src=x onerror=pwn({n})>",
    "<img src=//tracker.test/{n}.png>",
    "<img/src=x/onerror=pwn({n})//",
    "<svg onload=pwn({n})>",
    "<svg><animate onbegin=pwn({n}) attributeName=x dur=1s>",
    "<svg><script>pwn({n})</script></svg>",
    "<svg><use href=//tracker.test/{n}.svg#x>",
    "<math><mtext></mtext><mglyph><style></math><img src=x onerror=pwn({n})>",
    "<iframe src=//tracker.test/{n}></iframe>",
    "<iframe srcdoc='<script>parent.pwn({n})</script>'></iframe>",
    "<object data=//tracker.test/{n}></object>",
    "<embed src=//tracker.test/{n}>",
    "<link rel=stylesheet href=//tracker.test/{n}.css>",
    "<style>@import '//tracker.test/{n}.css';</style>",
    "<style>*{{background:url(//tracker.test/{n})}}</style>",
    "<base href=//tracker.test/{n}/>",
    "<meta http-equiv=refresh content='0;url=//tracker.test/{n}'>",
    "<video src=//tracker.test/{n} autoplay onerror=pwn({n})></video>",
    "<audio src=x onerror=pwn({n})>",
    "<details open ontoggle=pwn({n})>x</details>",
    "<input autofocus onfocus=pwn({n})>",
    "<body onpageshow=pwn({n})>",
    "<marquee onstart=pwn({n})>x</marquee>",
    "<div hx-get=//tracker.test/{n} hx-trigger=load>x</div>",
    "<div hx-on:load=pwn({n}) hx-on::load=pwn({n})>x</div>",
    "<div data-hx-get=//tracker.test/{n} data-hx-trigger=load>x</div>",
    "<div ws-connect=ws://tracker.test/{n} hx-ext=ws>x</div>",
    '<li hx-swap-oob="innerHTML:body"><img src=x onerror=pwn({n})></li>',
    "<template><script>pwn({n})</script></template><noscript><p title='</noscript><img src=x"
    " onerror=pwn({n})>'>",
    '"><img src=x onerror=pwn({n})>',
    "'><svg/onload=pwn({n})>",
    '" autofocus onfocus=pwn({n}) x="',
    "' onmouseover=pwn({n}) x='",
    "</textarea><script>pwn({n})</script>",
    "</title><script>pwn({n})</script>",
    "</script><script>pwn({n})</script>",
    "--><script>pwn({n})</script><!--",
    "]]><script>pwn({n})</script>",
    "{{{{constructor.constructor('pwn({n})')()}}}}",
    "${{pwn({n})}}",
    "&lt;img src=x onerror=pwn({n})&gt;",
    "&#60;script&#62;pwn({n})&#60;/script&#62;",
    "\\u003cscript\\u003epwn({n})\\u003c/script\\u003e",
    "<\x01script>pwn({n})</script>",
    "<a href=javascript:pwn({n})>x</a>",
    "<a href='java\tscript:pwn({n})'>x</a>",
    "<form action=javascript:pwn({n})><button autofocus>x</button></form>",
]
ADDRESSES = [
    "javascript:pwn({n})",
    "JaVaScRiPt:pwn({n})",
    "java\tscript:pwn({n})",
    "javascript&colon;pwn({n})",
    "&#106;avascript:pwn({n})",
    "\x01javascript:pwn({n})",
    "vbscript:pwn({n})",
    "data:text/html,<script>pwn({n})</script>",
    "data:text/html;base64,cHduKCk=#pwn({n})",
    "javascript://x.example/%0apwn({n})",
    'https://x.example/"onmouseover="pwn({n})',
    "https://x.example/'><img src=x onerror=pwn({n})>",
    "//tracker.test/{n}",
    "blob:pwn({n})",
    "filesystem:pwn({n})",
]
# Where Markdown has a place for a text, and for an address.
AROUND = [
    "{text}",
    "**{text}** and `{text}`",
    "- {text}\n  - {text}",
    "> {text}",
    "# {text}",
    "| a | b |\n|---|---|\n| {text} | x |",
    "[{text}](https://x.example/)",
    "```html\n{text}\n```",
]
LINKED = [
    "[x]({text})",
    "![x]({text})",
    "<{text}>",
    '[x](https://x.example/ "{text}")',
    "[x][1] and ![x][1]\n\n[1]: {text}",
    "{text}",
]


def texts(numbers: Iterator[int]) -> Iterator[str]:
    """Each kind in each place of Markdown."""
    for places, kinds in ((AROUND, RAW), (LINKED, ADDRESSES)):
        for place, kind in itertools.product(places, kinds):
            yield place.format(text=kind.format(n=next(numbers)))


def names(numbers: Iterator[int], longest: int) -> Iterator[str]:
    """Those that fit where a name stands."""
    for kind in RAW:
        name = kind.format(n=next(numbers))
        if len(name) <= longest:
            yield name
