"""Identities of the engine's objects: UUIDs in text, chosen before anything is made under them."""

import uuid

BLANK_TEMPLATE_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's, clients hard-code it
DEFAULT_MAC_POOL_ID = "58ca604b-017d-0374-0220-00000000014e"  # oVirt's
NO_BALANCING_ID = "b4ed2332-a7ac-4d5f-9596-99a439cb2812"  # oVirt's, of the scheduling policy `none`


def new_id() -> str:
    return str(uuid.uuid4())
