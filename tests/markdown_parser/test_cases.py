"""What answers hold, and how it is shown: the same while it grows, at its end and in the admin."""

import pytest

from chatsite import markdown
from chatsite.chat.models import Message
from tests.page import Node, parsed

CASES = {
    "sizes": [
        ("Box 100*70*50 cm, bag 30*20*10 cm", "<p>Box 100*70*50 cm, bag 30*20*10 cm</p>"),
        ("**100*70*50 cm** each", "<p><strong>100*70*50 cm</strong> each</p>"),
        ("*100*70*50 cm*", "<p><em>100*70*50 cm</em></p>"),
        ("60\xd740*30 mm", "<p>60\xd740*30 mm</p>"),
        ("1.5*2.5*3.5 m", "<p>1.5*2.5*3.5 m</p>"),
        ("2*AA and 3*AAA", "<p>2*AA and 3*AAA</p>"),
        ("A4*2, A3*4", "<p>A4*2, A3*4</p>"),
        ("5 * 3 * 2", "<p>5 * 3 * 2</p>"),
        ("10*10 *new* 20*20", "<p>10*10 <em>new</em> 20*20</p>"),
        (
            "| Size |\n|---|\n| 10*20*30 |",
            "<table><thead><tr><th>Size</th></tr></thead><tbody><tr><td>10*20*30"
            "</td></tr></tbody></table>",
        ),
        ("- 10*20\n- 30*40", "<ul><li>10*20</li><li>30*40</li></ul>"),
    ],
    "East Asian": [
        ("**重要：**请看", "<p><strong>重要：</strong>请看</p>"),
        ("请**先阅读：**再付款", "<p>请<strong>先阅读：</strong>再付款</p>"),
        ("**注意！**不要退货", "<p><strong>注意！</strong>不要退货</p>"),
        ("他说**“可以”**了", "<p>他说<strong>“可以”</strong>了</p>"),
        ("「**重要**」です", "<p>「<strong>重要</strong>」です</p>"),
        ("**（注）**これは", "<p><strong>（注）</strong>これは</p>"),
        ("**価格：**￥1,000", "<p><strong>価格：</strong>￥1,000</p>"),
        ("**한국어:**입니다", "<p><strong>한국어:</strong>입니다</p>"),
        ("*强调*文字", "<p><em>强调</em>文字</p>"),
        ("价格是**¥100**元", "<p>价格是<strong>¥100</strong>元</p>"),
        ("~~旧价：~~新价", "<p><s>旧价：</s>新价</p>"),
        ("__重要__：请看", "<p><strong>重要</strong>：请看</p>"),
        ("**配送・返品**について", "<p><strong>配送・返品</strong>について</p>"),
        ("全角\uff0a星\uff0a印", "<p>全角\uff0a星\uff0a印</p>"),
        ("*注意*文字と", "<p><em>注意</em>文字と</p>"),
        ("长*宽*高", "<p>长*宽*高</p>"),
        ("*重要*。请看", "<p><em>重要</em>。请看</p>"),
        ("第**1**步", "<p>第<strong>1</strong>步</p>"),
        ("从**10:00**到**18:00**", "<p>从<strong>10:00</strong>到<strong>18:00</strong></p>"),
        ("合計**3**点", "<p>合計<strong>3</strong>点</p>"),
        ("최대**3**개", "<p>최대<strong>3</strong>개</p>"),
        ("ราคา**100**บาท", "<p>ราคา<strong>100</strong>บาท</p>"),
        ("原价~~100~~元", "<p>原价<s>100</s>元</p>"),
        ("边长**2和2**3", "<p>边长**2和2**3</p>"),
    ],
    "between bold words": [
        ("**Mon**-**Fri**", "<p><strong>Mon</strong>-<strong>Fri</strong></p>"),
        ("**9:00**/**17:00**", "<p><strong>9:00</strong>/<strong>17:00</strong></p>"),
        ("**$5**+**$6**", "<p><strong>$5</strong>+<strong>$6</strong></p>"),
        ("~~5~~/~~6~~", "<p><s>5</s>/<s>6</s></p>"),
        ("src/**/**/x and __pycache__/b", "<p>src/**/**/x and __pycache__/b</p>"),
    ],
    "nothing vanishes": [
        ("~~~~strike~~~~", "<p>~~~~strike~~~~</p>"),
        (
            "``` Important: read this\ncode\n```",
            '<pre dir="ltr"><code>Important: read this\ncode\n</code></pre>',
        ),
        ('```py title="x"\n1\n```', '<pre dir="ltr"><code>1\n</code></pre>'),
        ("~~~ a~b\n1\n~~~", '<pre dir="ltr"><code>a~b\n1\n</code></pre>'),
        ("#\n", "<p>#</p>"),
        ("\\(x^2\\) and f\\(x\\)", "<p>(x^2) and f\\(x\\)</p>"),
        (
            "|a|\n|-|\n|`x||y`|",
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>"
            '<code dir="ltr">x||y</code></td></tr></tbody></table>',
        ),
    ],
    "paths": [
        ("C:\\new\\*", "<p>C:\\new\\*</p>"),
        ("C:\\new\\* and D:\\old\\_x_", "<p>C:\\new\\* and D:\\old\\_x_</p>"),
        ("\\\\server\\share\\*.txt", "<p>\\\\server\\share\\*.txt</p>"),
        ("/usr/local/*/bin", "<p>/usr/local/*/bin</p>"),
        ("./a_b/c_d.py", "<p>./a_b/c_d.py</p>"),
        ("%APPDATA%\\shop\\_logs\\", "<p>%APPDATA%\\shop\\_logs\\</p>"),
        ("file_name_2.txt and *file*", "<p>file_name_2.txt and <em>file</em></p>"),
        ("a\\b\\c", "<p>a\\b\\c</p>"),
        ("C:\\\\escaped\\\\path", "<p>C:\\\\escaped\\\\path</p>"),
        ("~/.config/*/x", "<p>~/.config/*/x</p>"),
        ("~\\shop\\_x", "<p>~\\shop\\_x</p>"),
        ("50% \\* 3", "<p>50% * 3</p>"),
    ],
    "tildes": [
        ("~5~10", "<p>~5~10</p>"),
        ("~5 ~10 days", "<p>~5 ~10 days</p>"),
        ("5~10 cm", "<p>5~10 cm</p>"),
        ("~~5~10~~", "<p><s>5~10</s></p>"),
        ("about ~5 € or ~~7 €~~", "<p>about ~5 € or <s>7 €</s></p>"),
        ("~~~5", "<pre><code></code></pre>"),
        ("a~b~c", "<p>a~b~c</p>"),
        ("~ ~", "<p>~ ~</p>"),
    ],
    "prices": [
        ("$5*3", "<p>$5*3</p>"),
        ("$5 * 3 = $15", "<p>$5 * 3 = $15</p>"),
        ("US$5*2", "<p>US$5*2</p>"),
        ("5$*3$", "<p>5$*3$</p>"),
        ("$$5$$", "<p>$$5$$</p>"),
        ("**$5**-$10", "<p><strong>$5</strong>-$10</p>"),
        ("€5_10_15", "<p>€5_10_15</p>"),
        ("\\$5 and \\$6", "<p>$5 and $6</p>"),
        ("5*$3*2", "<p>5*$3*2</p>"),
        ("*$5*", "<p><em>$5</em></p>"),
    ],
    "underlined headings": [
        ("Total\n=====\nmore", "<p>Total<br>\n=====<br>\nmore</p>"),
        ("Total:\n-----\n12", "<p>Total:</p><hr><p>12</p>"),
        ("A\nB\n---", "<p>A<br>\nB</p><hr>"),
        ("Total:\n\n---", "<p>Total:</p><hr>"),
        ("- a\n---", "<ul><li>a</li></ul><hr>"),
        ("> a\n---", "<blockquote><p>a</p></blockquote><hr>"),
    ],
    "tables": [
        (
            "| a | b |\n|:--|--:|\n| 1 | 2 |",
            '<table><thead><tr><th align="left">a</th><th align="right">b</th>'
            '</tr></thead><tbody><tr><td align="left">1</td><td align="right">2'
            "</td></tr></tbody></table>",
        ),
        (
            "| a |\n|:-:|\n| 1 |\n| 2 |",
            '<table><thead><tr><th align="center">a</th></tr></thead><tbody><tr>'
            '<td align="center">1</td></tr><tr><td align="center">2</td></tr>'
            "</tbody></table>",
        ),
        (
            "a | b\n:-: | ---\n1 | 2",
            '<table><thead><tr><th align="center">a</th><th>b</th></tr></thead>'
            '<tbody><tr><td align="center">1</td><td>2</td></tr></tbody></table>',
        ),
        (
            "| a | b |\n|---|---|\n| x<br>y<br/>z | <b>no</b> |",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>x"
            "<br>y<br>z</td><td>&lt;b&gt;no&lt;/b&gt;</td></tr></tbody></table>",
        ),
        (
            "| a | b |\n|---|---|\n| `x \\| y` | \\| |",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>"
            "<code>x | y</code></td><td>|</td></tr></tbody></table>",
        ),
        ("| a |\n|---|", "<table><thead><tr><th>a</th></tr></thead><tbody></tbody></table>"),
        ("| a | b |\n|---|\n| 1 | 2 |", "<p>| a | b |<br>\n|---|<br>\n| 1 | 2 |</p>"),
        (
            "| a | b |\n|---|---|\n| 1 |",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1"
            "</td><td></td></tr></tbody></table>",
        ),
        (
            "| שלום | hi |\n|---|---|\n| 1 | 2 |",
            "<table><thead><tr><th>שלום</th><th>hi</th></tr></thead><tbody><tr>"
            "<td>1</td><td>2</td></tr></tbody></table>",
        ),
        (
            "| a | b |\n|---|---|\n| 5*3*2 | $5_6_7 |\ntext",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr>"
            "<td>5*3*2</td><td>$5_6_7</td></tr></tbody></table><p>text</p>",
        ),
        (
            "|a|b|\n|-|-|\n||x|",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>"
            "</td><td>x</td></tr></tbody></table>",
        ),
        (
            "text\n| a |\n|---|\n| 1 |",
            "<p>text</p><table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1"
            "</td></tr></tbody></table>",
        ),
    ],
    "references": [
        (
            "[a][1]\n\n[1]: https://shop.example",
            '<p>[a][1]</p><p>[1]: <a href="https://shop.example">https://shop.example</a></p>',
        ),
        (
            "[1]: https://shop.example",
            '<p>[1]: <a href="https://shop.example">https://shop.example</a></p>',
        ),
        ("See [1] and [2].", "<p>See [1] and [2].</p>"),
        ("[Order]: 12345\n[Ship]: DHL", "<p>[Order]: 12345<br>\n[Ship]: DHL</p>"),
        ("[^1] a note\n\n[^1]: The note.", "<p>[^1] a note</p><p>[^1]: The note.</p>"),
        ("Text[^1].", "<p>Text[^1].</p>"),
        ("[a][]", "<p>[a][]</p>"),
        ("[ ] todo\n[x] done", "<p>[ ] todo<br>\n[x] done</p>"),
    ],
    "addresses": [
        (
            "https://shop.example.",
            '<p><a href="https://shop.example">https://shop.example</a>.</p>',
        ),
        (
            "https://shop.example?",
            '<p><a href="https://shop.example">https://shop.example</a>?</p>',
        ),
        (
            "(https://shop.example)",
            '<p>(<a href="https://shop.example">https://shop.example</a>)</p>',
        ),
        (
            "[https://shop.example]",
            '<p>[<a href="https://shop.example">https://shop.example</a>]</p>',
        ),
        (
            "https://shop.example/a(b)c",
            '<p><a href="https://shop.example/a(b)c">https://shop.example/a(b)c</a></p>',
        ),
        (
            "https://shop.example/a)b",
            '<p><a href="https://shop.example/a)b">https://shop.example/a)b</a></p>',
        ),
        (
            '"https://shop.example"',
            '<p>"<a href="https://shop.example">https://shop.example</a>"</p>',
        ),
        (
            "https://shop.example:8080/x",
            '<p><a href="https://shop.example:8080/x">https://shop.example:8080/x</a></p>',
        ),
        (
            "https://shop.example, https://b.example",
            '<p><a href="https://shop.example">https://shop.example</a>, '
            '<a href="https://b.example">https://b.example</a></p>',
        ),
        (
            "<https://shop.example/a_b>",
            '<p><a href="https://shop.example/a_b">https://shop.example/a_b</a></p>',
        ),
        (
            "https://shop.example/*a*",
            '<p><a href="https://shop.example/*a">https://shop.example/*a</a>*</p>',
        ),
        (
            "_https://shop.example/_",
            '<p>_<a href="https://shop.example/">https://shop.example/</a>_</p>',
        ),
        (
            "a@b.example, c@d.example.",
            '<p><a href="mailto:a@b.example">a@b.example</a>, '
            '<a href="mailto:c@d.example">c@d.example</a>.</p>',
        ),
        ("<a@b.example>", '<p><a href="mailto:a@b.example">a@b.example</a></p>'),
        ("www.shop.example!", '<p><a href="https://www.shop.example">www.shop.example</a>!</p>'),
        ("http://a.example&b", "<p>http://a.example&amp;b</p>"),
        (
            "https://shop.example/?a=1&amp;b=2",
            '<p><a href="https://shop.example/?a=1&amp;b=2">https://shop.example/?a'
            "=1&amp;b=2</a></p>",
        ),
        (
            "看https://shop.example。谢谢",
            '<p>看<a href="https://shop.example">https://shop.example</a>。谢谢</p>',
        ),
        ("mailto:a@b.example", '<p>mailto:<a href="mailto:a@b.example">a@b.example</a></p>'),
        ("ftp://a.example", "<p>ftp://a.example</p>"),
        ("www.shop.example%", "<p>www.shop.example%</p>"),
        ("https://shop.example:99999/x", "<p>https://shop.example:99999/x</p>"),
        ("https://1.2.3.999/", "<p>https://1.2.3.999/</p>"),
        ("https://a.0x1f/", "<p>https://a.0x1f/</p>"),
        ("https://xn--ßx.example/", "<p>https://xn--ßx.example/</p>"),
        ("[x](https://xn--0.example)", "<p>[x](https://xn--0.example)</p>"),
        (
            "https://xn--bcher-kva.example/",
            '<p><a href="https://xn--bcher-kva.example/">https://xn--bcher-kva.example/</a></p>',
        ),
        (
            "https://192.168.0.1/x",
            '<p><a href="https://192.168.0.1/x">https://192.168.0.1/x</a></p>',
        ),
        ("[x](https://a%b.example)", "<p>[x](https://a%b.example)</p>"),
        (
            "https://shop.example:8443.",
            '<p><a href="https://shop.example:8443">https://shop.example:8443</a>.</p>',
        ),
        (
            "www.shop.example/?a&amp;b",
            '<p><a href="https://www.shop.example/?a&amp;b">www.shop.example/?a&amp;b</a></p>',
        ),
    ],
    "directions": [
        ("שלום world\n\nhello עולם", "<p>שלום world</p><p>hello עולם</p>"),
        (
            "- שלום\n- hello\n  - مرحبا",
            "<ul><li>שלום</li><li>hello<ul><li>مرحبا</li></ul></li></ul>",
        ),
        ("1. مرحبا\n2. hello", "<ol><li>مرحبا</li><li>hello</li></ol>"),
        ("> שלום\n\nhello", "<blockquote><p>שלום</p></blockquote><p>hello</p>"),
        ("مرحبا `code` مرحبا", "<p>مرحبا <code>code</code> مرحبا</p>"),
        ("# مرحبا\nhello", "<h3>مرحبا</h3><p>hello</p>"),
    ],
    "code in lists": [
        (
            "- a\n  ```\n  x\n    y\n  ```\n- b",
            "<ul><li>a<pre><code>x\n  y\n</code></pre></li><li>b</li></ul>",
        ),
        (
            "1. a\n\n   ```py\n   x\n   ```\n2. b",
            "<ol><li>a<pre><code>x\n</code></pre></li><li>b</li></ol>",
        ),
        ("- `a` and ``b`c``", "<ul><li><code>a</code> and <code>b`c</code></li></ul>"),
        ("```\n- a\n1. b\n> c\n```", "<pre><code>- a\n1. b\n&gt; c\n</code></pre>"),
        ("- ```\n  x\n  ```", "<ul><li><pre><code>x\n</code></pre></li></ul>"),
        ("~~~\n```\n~~~", "<pre><code>```\n</code></pre>"),
        ("````\n```\n````\nx", "<pre><code>```\n</code></pre><p>x</p>"),
        ("```\nopen", "<pre><code>open\n</code></pre>"),
        ("```a`b```", "<p>```a`b```</p>"),
        ("`a\nb`", "<p><code>a b</code></p>"),
    ],
    "quotes": [
        (
            "> a\n> > b\n> c",
            "<blockquote><p>a</p><blockquote><p>b<br>\nc</p></blockquote></blockquote>",
        ),
        ("> a\nlazy", "<blockquote><p>a<br>\nlazy</p></blockquote>"),
        ("> - a\n> - b", "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>"),
        ("> ```\n> x\n> ```\ny", "<blockquote><pre><code>x\n</code></pre></blockquote><p>y</p>"),
        (
            "> > > a",
            "<blockquote><blockquote><blockquote><p>a</p></blockquote></blockquote></blockquote>",
        ),
        ("> a\n\n> b", "<blockquote><p>a</p></blockquote><blockquote><p>b</p></blockquote>"),
        (">no space", "<blockquote><p>no space</p></blockquote>"),
        ("> 1. a\n>    - b", "<blockquote><ol><li>a<ul><li>b</li></ul></li></ol></blockquote>"),
    ],
    "numbers": [
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("3. a\n3. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("0. a\n1. b", '<ol start="0"><li>a</li><li>b</li></ol>'),
        ("7) a\n8) b", '<ol start="7"><li>a</li><li>b</li></ol>'),
        ("1. a\n3. b", '<ol><li>a</li><li value="3">b</li></ol>'),
        ("1. a\n\ntext\n\n2. b", '<ol><li>a</li></ol><p>text</p><ol start="2"><li>b</li></ol>'),
        ("10. a\n    - b\n11. c", '<ol start="10"><li>a<ul><li>b</li></ul></li><li>c</li></ol>'),
        ("1.a", "<p>1.a</p>"),
        ("2024. was good", '<ol start="2024"><li>was good</li></ol>'),
        ("1. a\n2) b", '<ol><li>a</li></ol><ol start="2"><li>b</li></ol>'),
        ("999999999. a", '<ol start="999999999"><li>a</li></ol>'),
        ("1234567890. a", "<p>1234567890. a</p>"),
    ],
    "emoji": [
        ("👍🏽 **ok** 👨\u200d👩\u200d👧", "<p>👍🏽 <strong>ok</strong> 👨\u200d👩\u200d👧</p>"),
        ("**👍**ok", "<p><strong>👍</strong>ok</p>"),
        ("ok**👍**", "<p>ok**👍**</p>"),
        ("*👍* 🇩🇪", "<p><em>👍</em> 🇩🇪</p>"),
        ("1️⃣ a\n2️⃣ b", "<p>1️⃣ a<br>\n2️⃣ b</p>"),
        ("a\u200db\u200cc", "<p>a\u200db\u200cc</p>"),
        ("न्\u200dक **क्ष**", "<p>न्\u200dक <strong>क्ष</strong></p>"),
        ("👍*👍*👍", "<p>👍<em>👍</em>👍</p>"),
        ("\u200b**a**\u200b", "<p>\u200b<strong>a</strong>\u200b</p>"),
        ("café *é*", "<p>café <em>é</em></p>"),
    ],
    "characters": [
        ("a\r\nb\r\n\r\nc\r\n", "<p>a<br>\nb</p><p>c</p>"),
        ("a\rb", "<p>a<br>\nb</p>"),
        ("- a\r\n- b\r\n", "<ul><li>a</li><li>b</li></ul>"),
        ("a\tb\t*c*", "<p>a\tb\t<em>c</em></p>"),
        ("\ta", "<p>a</p>"),
        ("-\ta\n\n\tb", "<ul><li>a<p>b</p></li></ul>"),
        ("a\x00b", "<p>a�b</p>"),
        ("\x00**a**", "<p>�<strong>a</strong></p>"),
        ("a\x1fb\x08c", "<p>a�b�c</p>"),
        ("a\xa0b", "<p>a&nbsp;b</p>"),
        ("\ufeffa", "<p>\ufeffa</p>"),
        ("a\u2028b", "<p>a\u2028b</p>"),
        ("a\ud800b", "<p>a�b</p>"),
        ("\ude00 **x**", "<p>� <strong>x</strong></p>"),
        ("x\ud83d\n- y", "<p>x�</p><ul><li>y</li></ul>"),
    ],
    "entities": [
        ("&copy; 2024 &amp;co &bogus; &#8364; &#x20AC;", "<p>© 2024 &amp;co &amp;bogus; € €</p>"),
        ("&lt;script&gt;", "<p>&lt;script&gt;</p>"),
        ("AT&T & co", "<p>AT&amp;T &amp; co</p>"),
        ("a < b > c & d", "<p>a &lt; b &gt; c &amp; d</p>"),
        ("&#0;", "<p>�</p>"),
        ("&amp;amp;", "<p>&amp;amp;</p>"),
        ("<br><BR /><br/>", "<p><br><br><br></p>"),
        ("</p><p>", "<p>&lt;/p&gt;&lt;p&gt;</p>"),
        ("<!-- a -->", "<p>&lt;!-- a --&gt;</p>"),
        ("5 <6 and 7> 6", "<p>5 &lt;6 and 7&gt; 6</p>"),
        ("<a href=x>y</a>", "<p>&lt;a href=x&gt;y&lt;/a&gt;</p>"),
        ("!important ! ![", "<p>!important ! ![</p>"),
        ("Yes!! No!", "<p>Yes!! No!</p>"),
    ],
    "emphasis": [
        ("**a*b**", "<p><strong>a*b</strong></p>"),
        ("*a**b*", "<p><em>a</em>*b*</p>"),
        ("**a\nb**", "<p><strong>a<br>\nb</strong></p>"),
        ("*a\n\nb*", "<p>*a</p><p>b*</p>"),
        ("** a **", "<p>** a **</p>"),
        ("* a *", "<ul><li>a *</li></ul>"),
        ("***a** b*", "<p><strong>*a</strong> b*</p>"),
        ("**a **b** c**", "<p><strong>a <strong>b</strong> c</strong></p>"),
        ("_a_b_", "<p><em>a_b</em></p>"),
        ("__a__b", "<p>__a__b</p>"),
        ("a**b**c", "<p>a**b**c</p>"),
        ("**a**, **b**.", "<p><strong>a</strong>, <strong>b</strong>.</p>"),
        ('"**a**"', '<p>"<strong>a</strong>"</p>'),
        ("(**a**)", "<p>(<strong>a</strong>)</p>"),
        ("**a", "<p>**a</p>"),
        ("a**", "<p>a**</p>"),
        ("****", "<hr>"),
        ("*a* *b*", "<p><em>a</em> <em>b</em></p>"),
        ("~~a~~b~~", "<p><s>a~~b</s></p>"),
        ("***", "<hr>"),
    ],
    "long words": [
        ("a" * 300, f"<p>{'a' * 300}</p>"),
        (f"**{'b' * 100}**", f"<p><strong>{'b' * 100}</strong></p>"),
        ("_" * 80, "<hr>"),
        ("_" * 120, f"<p>{'_' * 120}</p>"),
        ("中" * 100, f"<p>{'中' * 100}</p>"),
        (f"{'x' * 70}@shop.example", f"<p>{'x' * 70}@shop.example</p>"),
    ],
}


def bare(node: Node) -> list[object]:
    """Without what every block and link has."""
    for each in node.elements():
        each.attributes.pop("dir", None)
        each.attributes.pop("rel", None)
    return node.outline()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param(*case, id=f"{kind}-{at}")
        for kind, cases in CASES.items()
        for at, case in enumerate(cases)
    ],
)
def test_it_is_shown_as_it_is_meant(text, html):
    meant = bare(parsed(html))
    for size in (1, 4):
        live, growing = Node(""), markdown.Growing()
        for at in range(0, len(text), size):
            live.grow(growing.grow(text[at : at + size]))
        live.grow(growing.grow("", is_end=True))
        assert bare(live) == meant

    assert bare(parsed(markdown.render(text))) == meant
    assert bare(parsed(Message(text=text, role=Message.Role.ASSISTANT).html)) == meant
