"""What opens the screen of a VM: as many letters as VNC takes."""

import secrets

from node.api.messages.vms import TICKET_CHARACTERS

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"  # none that look alike


def new_ticket_value() -> str:
    """46 random bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(TICKET_CHARACTERS))
