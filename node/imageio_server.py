"""oVirt's imageio daemon, in which a connection that never says a word holds up no other one.

The daemon lets TLS shake hands where connections are accepted, one after the other; here each does so in its own
thread, under the time-out that it has there. A program of its own: `python -m node.imageio_server`.
"""

import ssl
from collections.abc import Callable
from typing import Any

from ovirt_imageio._internal import server


def accept_first(wrap: Callable[..., ssl.SSLSocket]) -> Callable[..., ssl.SSLSocket]:
    def wrapped(context: ssl.SSLContext, sock: Any, server_side: bool = False, **more: Any) -> ssl.SSLSocket:
        if server_side:
            more["do_handshake_on_connect"] = False
        return wrap(context, sock, server_side=server_side, **more)

    return wrapped


def main() -> None:
    ssl.SSLContext.wrap_socket = accept_first(ssl.SSLContext.wrap_socket)  # type: ignore[method-assign]  # its only seam
    server.main()


if __name__ == "__main__":
    main()
