"""uvicorn's protocol with limits that it lacks: how long a request's head may be, and how many come before their turn.

It leans on uvicorn's inside (`url`, `headers`, `pipeline`, `send_400_response`), which pyproject.toml pins for that.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from node.serving.bounds import HEAD_BYTES, HEADERS, PIPELINED


class HeadTooLong(Exception):
    pass


class BoundedProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._fed = 0

    def data_received(self, data: bytes) -> None:
        self._fed += len(data)
        super().data_received(data)
        if self._in_head and self._fed > HEAD_BYTES:
            self._refuse_head()

    def on_message_begin(self) -> None:
        self._in_head, self._fed = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEADERS:
            self._refuse_head()
            raise HeadTooLong  # ends the parser's work
        if len(self.pipeline) >= PIPELINED:
            self.transport.close()
            raise HeadTooLong
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._fed = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Asked for whatever ended the parser's work; what was refused here has its answer."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        if self.transport.is_closing():
            return
        words = f"The head of the request may have {HEAD_BYTES} bytes and {HEADERS} headers.".encode()
        head = (
            "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(words)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + words)
        self.transport.close()
