"""A shop's own page on another site, with a strict policy and one line of ours."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What docs/widget.md says that a strict page has to allow, and nothing else.
POLICY = (
    "default-src 'none'; style-src 'nonce-own'; script-src {chat} 'nonce-own'; frame-src {chat};"
    " require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="own">body {{ margin: 0; font: 16px sans-serif }} p {{ min-height: 300px }}</style>
<script nonce="own">
window.shift = 0; window.longest = 0; window.heard = [];
const each = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({{ type, buffered: true }});
each("layout-shift", ({{value}}) => (window.shift += value));
each("longtask", ({{duration}}) => (window.longest = Math.max(window.longest, duration)));
addEventListener("chatsite:unread", ({{detail}}) => window.heard.push(detail));
</script>
</head><body><main><h1>Shop</h1><p><a href="#">A link</a> of the shop.</p><p>More.</p></main>
{line}</body></html>"""


@contextmanager
def host(chat: str, line: str) -> Iterator[str]:
    """The address of the page: another site than the chat's, which is on localhost."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = PAGE.format(line=line).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(chat=chat))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Said by nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
