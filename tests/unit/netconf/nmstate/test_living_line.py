"""nmstate 2.2 cannot be had here: what it is told and what it shows is held to documents of its own repository."""

from pathlib import Path
from typing import Any

import pytest

from netconf.document import parse, render
from netconf.model import NetworkState
from netconf.nmstate.adapter import adapted
from netconf.nmstate.documents import desired_document, known
from netconf.planning.completion import complete
from netconf.planning.merge import expected_state
from netconf.text import read
from tests.unit.netconf.states import OFF, nic

_FOLDER = Path(__file__).parents[3] / "data/nmstate"
_DOCUMENTS = ("bond-vlan-bridge", "dns", "route-rules", "trunk-port")
_OBSERVED = NetworkState((nic("eth1", OFF), nic("eth2", OFF)), routes=(), rules=())

# The fields of VxlanConfig, VrfConfig and LinuxBridgePortConfig there, which deny all others.
_FIELDS = {
    "vxlan": {"base-iface", "id", "remote", "destination-port"},
    "vrf": {"port", "route-table-id", "ports-config"},
    "vlan": {"base-iface", "id"},
}


def to_nmstate(document: dict[str, Any]) -> dict[str, Any]:
    desired = parse(document)
    return adapted(
        "2.2.36",
        desired_document(desired, _OBSERVED),
        expected_state(complete(desired, _OBSERVED), _OBSERVED),
        _OBSERVED,
    )


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_everything_that_its_example_says_is_said(name: str) -> None:
    example: Any = read((_FOLDER / f"{name}.yml").read_text())
    rendered = to_nmstate(example)
    assert parse(render(parse(example))) == parse(example)
    assert not list(_missing(example, rendered, ""))


@pytest.mark.parametrize(
    "interface",
    [
        {"name": "vx7", "type": "vxlan", "vxlan": {"id": 7, "base-iface": "eth1", "remote": "192.0.2.9"}},
        {"name": "vrf9", "type": "vrf", "vrf": {"route-table-id": 9, "port": ["eth1"]}},
        {"name": "eth1.7", "type": "vlan", "vlan": {"id": 7, "base-iface": "eth1"}},
    ],
    ids=lambda interface: str(interface["type"]),
)
def test_it_is_told_no_field_that_it_may_not_know(interface: dict[str, Any]) -> None:
    """What is so anyway is not said: earlier ones of the line know neither `learning` nor `protocol`."""
    kind = interface["type"]
    assert to_nmstate({"interfaces": [interface]})["interfaces"][0][kind].keys() <= _FIELDS[kind]


def test_what_it_shows_is_read_and_none_of_it_is_a_mistake() -> None:
    shown: Any = read((_FOLDER / "shown.yml").read_text())
    assert known(shown).keys() == {"br0", "vrf0", "eth1.102"}


def _missing(expected: Any, found: Any, path: str) -> Any:
    """The places at which `found` does not say what `said` does; lists of interfaces by name, in any order."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            other = found.get({"slaves": "port"}.get(key, key))
            yield from _missing(value, other, f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        for number, item in enumerate(expected):
            if not any(not list(_missing(item, other, "")) for other in found):
                yield f"{path}[{number}]"
    elif expected != found:
        yield f"{path}: {expected!r}, not {found!r}"
