"""Run in a lab's network: `screen.py ADDRESS PORT TICKET-FILE AUTHORITY-FILE` opens a VM's VNC console and prints width
and height of its screen and how many colours are on it."""

import sys
from pathlib import Path

from tests.integration.vms.vnc import Vnc


def main() -> None:
    address, port, ticket, authority = sys.argv[1:]
    screen = Vnc(address, int(port), authority_pem=Path(authority).read_text(), password=Path(ticket).read_text())
    try:
        points = screen.framebuffer()
    finally:
        screen.close()
    print(screen.width, screen.height, len({points[at : at + 4] for at in range(0, len(points), 4)}))


if __name__ == "__main__":
    main()
