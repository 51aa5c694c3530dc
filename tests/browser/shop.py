"""Somebody's own web site, on an origin of its own, that shows the sign-up form."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Strict, as a careful shop's is: our script and our API, nothing written into the page.
_POLICY = "default-src 'none'; script-src {0}; connect-src {0}; style-src 'none'; img-src data:"
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1">
</head><body><main><h1>Shop</h1>
<script src="{api}/embed.js" data-programme="{programme}"{more}></script>
</main></body></html>"""


class Shop:
    """`/LANG/PROGRAMME` is a page in that language with that programme's form; `?auto` follows the
    device's dark mode."""

    def __init__(self, api: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                _, lang, programme = path.split("/")
                more = ' data-theme="auto"' if query == "auto" else ""
                page = _PAGE.format(lang=lang, programme=programme, api=api, more=more).encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-security-policy", _POLICY.format(api))
                self.send_header("content-length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
