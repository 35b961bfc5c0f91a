"""Identities of the engine's objects: UUIDs in text, chosen before anything is made under them."""

import uuid

BLANK_TEMPLATE_ID = "00000000-0000-0000-0000-000000000000"  # oVirt's, clients hard-code it
NO_BALANCING_ID = "b4ed2332-a7ac-4d5f-9596-99a439cb2812"  # oVirt's, of the scheduling policy `none`


def new_id() -> str:
    return str(uuid.uuid4())
