"""Tells systemd that the daemon is ready and goes on; see sd_notify(3)."""

import os
import socket


def notify(text: str) -> None:
    """Does nothing where systemd does not ask."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address is None:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.sendto(text.encode(), address.replace("@", "\0", 1))
