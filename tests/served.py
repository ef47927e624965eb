"""A server of the tests' own, in a thread, for what goes to the network."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

Headers = Iterable[tuple[str, str]]


class Answers(BaseHTTPRequestHandler):
    """What a test's server answers; nothing of it is shown on the terminal."""

    def answer(self, body: bytes) -> None:
        """Answer a request, by its `command`, `path` and body."""
        raise NotImplementedError

    def send(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        """Send an answer; a length among its headers goes before the body's own."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """A request without a body."""
        self.answer(b"")

    def do_POST(self) -> None:
        """A request with one."""
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served(handler: type[Answers]) -> Iterator[str]:
    """The address of a server, as host and port, for as long as it is needed."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
