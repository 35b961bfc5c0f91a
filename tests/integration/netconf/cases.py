"""The layouts that the contract is tried with."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.integration.netconf.bond_cases import BONDS
from tests.integration.netconf.bridge_cases import BRIDGES
from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.overlay_cases import OVERLAYS
from tests.integration.netconf.sections import ADDRESS, up
from tests.integration.netconf.veth_cases import PAIRS

_NO_NIC = {"name": "eth1", "type": "ethernet", "state": "absent"}


def _route(destination: str, next_hop: str, **more: Any) -> Document:
    return {"destination": destination, "next-hop-address": next_hop, "next-hop-interface": "eth1", **more}


_ROUTES = [
    _route("0.0.0.0/0", "198.51.100.1", metric=50),
    _route("0.0.0.0/0", "198.51.100.2", metric=60),
    _route("203.0.113.0/24", "198.51.100.1", **{"table-id": 50}),
    _route("2001:db8:1::/48", "2001:db8::1", metric=200),
]
_ADDRESS_6 = {"enabled": True, "addr-gen-mode": "eui64", "address": [{"ip": "2001:db8::11", "prefix-length": 64}]}
_RULE = {"ip-from": "198.51.100.0/24", "route-table": 50, "priority": 1000}

_ROUTING = (
    Case(
        "routes-and-rules",
        (
            Stage(
                {
                    # A metric of its own: NetworkManager gives NICs theirs by the order in which they come up.
                    "interfaces": [
                        up(
                            "eth1",
                            "ethernet",
                            ipv4=ADDRESS | {"auto-route-metric": 300},
                            ipv6=_ADDRESS_6,
                            lldp={"enabled": True},
                            **{"wait-ip": "ipv4"},
                        )
                    ],
                    "routes": {"config": _ROUTES},
                    "route-rules": {"config": [_RULE]},
                },
                (
                    (("ip", "-j", "route", "show", "default", "dev", "eth1"), "1.metric", 60),
                    (("ip", "-j", "rule", "show", "priority", "1000"), "0.table", "50"),
                ),
            ),
            Stage(
                {
                    "routes": {"config": [{"next-hop-interface": "eth1", "metric": 50, "state": "absent"}]},
                    "route-rules": {"config": [{"route-table": 50, "state": "absent"}]},
                },
                ((("ip", "-j", "route", "show", "default", "dev", "eth1"), "0.metric", 60),),
            ),
        ),
        {"interfaces": [_NO_NIC]},
    ),
)
CASES = (*BONDS, *BRIDGES, *_ROUTING, *PAIRS, *OVERLAYS)

# What a backend cannot do of what the cases wish for: it refuses that, and is tried without.
LEFT_OUT = {"networkmanager": (), "kernel": ("lldp", "ipv4.auto-route-metric", "wait-ip")}


def for_backend(name: str) -> tuple[Case, ...]:
    return tuple(replace(case, stages=tuple(map(_without(LEFT_OUT[name]), case.stages))) for case in CASES)


def _without(paths: tuple[str, ...]) -> Callable[[Stage], Stage]:
    def of(stage: Stage) -> Stage:
        document = deepcopy(stage.document)
        for interface in document.get("interfaces", []):
            for path in paths:
                *way, key = path.split(".")
                place = interface
                for part in way:
                    place = place.get(part, {})
                place.pop(key, None)
        return replace(stage, document=document)

    return of


WITH_KERNEL = "kernel"  # before the names of cases that are tried with the kernel alone
COMMAND_LINE = "command-line"  # tried beside them
