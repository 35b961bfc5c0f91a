"""Reads and writes the documents in nmstate's schema that stand for a network state outside this package."""

from collections.abc import Mapping

from netconf.model import NetworkState


def parse(document: Mapping[str, object]) -> NetworkState:
    """The state that a document wishes for. Raises BadDocument with everything that is wrong in it."""
    raise NotImplementedError


def render(state: NetworkState) -> dict[str, object]:
    """The document that says the same as `state`; plain dicts, lists and scalars, ready for JSON."""
    raise NotImplementedError
