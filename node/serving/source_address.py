"""The address of this machine from which another one is reached."""

import socket


def source_address(address: str, port: int) -> str:
    """The kernel's choice; nothing is sent. Blocks while a name is looked up. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, port))
        return str(probe.getsockname()[0])
