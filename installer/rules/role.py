"""Where a machine goes after its installation. Pure."""

from hosted_engine.deploy.rules.addresses import is_address, why_not_gateway
from hosted_engine.deploy.rules.names import why_not_engine_name
from node import fingerprint, join_code


def why_not_engine(text: str) -> str | None:
    """The rule for the engine to join: its name, or its IPv4 address."""
    return why_not_gateway(text) if is_address(text) else why_not_engine_name(text)


def why_not_fingerprint(text: str) -> str | None:
    """The rule for what the engine's key is known by: its four words, or its 64 hexadecimal digits."""
    if (reason := fingerprint.why_not_fingerprint(text)) is None:
        return None
    return reason.replace("four words", "the engine's four words").replace("or 64", "or its 64")


def why_not_join_code(text: str) -> str | None:
    """The rule for a join code, as the engine made it."""
    return join_code.why_not_join_code(text)
