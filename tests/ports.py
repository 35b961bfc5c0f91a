"""A port to listen on, from below those that the kernel gives to whoever asks for any: nobody gets it in between."""

import random
import socket

FIRST, LAST = 20_000, 32_000


def free_port() -> int:
    while True:
        port = random.randint(FIRST, LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
