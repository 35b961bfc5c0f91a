"""A mail server of one thread per client: STARTTLS or TLS, a login, and what was sent."""

import base64
import socket
import socketserver
import ssl
import threading


class FakeMailServer:
    """`offers_starttls`: else it knows only plain text. `silent`: it takes the connection and says nothing."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        *,
        from_the_start: bool = False,
        offers_starttls: bool = True,
        unresponsive: bool = False,
    ) -> None:
        self.mails: list[str] = []
        self.logins: list[str] = []
        self.in_the_clear: list[str] = []
        self.password = "hunter2"
        self.ended = threading.Event()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if unresponsive:
                    outer.ended.wait()
                    return
                try:
                    outer._talk(self.request, tls, from_the_start, offers_starttls)
                except OSError:
                    return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, plain: socket.socket, tls: ssl.SSLContext, encrypted: bool, offers_starttls: bool) -> None:
        sock = tls.wrap_socket(plain, server_side=True) if encrypted else plain
        stream = sock.makefile("rb")

        def send(text: str) -> None:
            sock.sendall(text.encode() + b"\r\n")

        send("220 fake")
        while line := stream.readline().decode().strip():
            if not encrypted:
                self.in_the_clear.append(line)
            word = line.split()[0].upper()
            if word == "EHLO":
                send("250-fake")
                send("250-AUTH PLAIN" if encrypted or not offers_starttls else "250-STARTTLS")
                send("250 SMTPUTF8")
            elif word == "STARTTLS" and offers_starttls:
                send("220 go on")
                sock, encrypted = tls.wrap_socket(sock, server_side=True), True
                stream = sock.makefile("rb")
            elif word == "AUTH":
                self.logins.append(base64.b64decode(line.split()[2]).decode())
                send("235 ok" if self.logins[-1].endswith(f"\0{self.password}") else "535 no")
            elif word == "DATA":
                send("354 go on")
                lines = iter(stream.readline, b".\r\n")
                self.mails.append(b"".join(lines).decode())
                send("250 taken")
            elif word == "QUIT":
                send("221 bye")
                return
            else:
                send("250 ok")
