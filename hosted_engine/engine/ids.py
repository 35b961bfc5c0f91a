"""Identities of the engine's objects: UUIDs in text, chosen before anything is made under them."""

import uuid

BLANK_TEMPLATE_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's, clients hard-code it
DEFAULT_MAC_POOL_ID = "58ca604b-017d-0374-0220-00000000014e"  # oVirt's


def new_id() -> str:
    return str(uuid.uuid4())
