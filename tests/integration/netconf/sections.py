"""The words of layouts: sections of documents, and what is asked of the kernel then."""

from typing import Any

from tests.integration.netconf.contract import Document

OFF = {"enabled": False}
HERE, THERE = "198.51.100.11", "198.51.100.1"
Fact = tuple[tuple[str, ...], str, object]


def v4(ip: str, prefix_length: int = 24) -> Document:
    return {"enabled": True, "address": [{"ip": ip, "prefix-length": prefix_length}]}


ADDRESS = v4(HERE)


def up(name: str, kind: str, **more: Any) -> Document:
    return {"name": name, "type": kind, "state": "up", "ipv4": OFF, "ipv6": OFF} | more


def bond(mode: str, *ports: str, **options: Any) -> Document:
    return up("bond0", "bond", **{"link-aggregation": {"mode": mode, "port": list(ports), "options": options}})


def vlan(name: str, base: str, tag: int, **more: Any) -> Document:
    return up(name, "vlan", vlan={"base-iface": base, "id": tag}, **more)


def bridge(name: str, *ports: str | Document, **more: Any) -> Document:
    found = [{"name": port} if isinstance(port, str) else port for port in ports]
    return up(name, "linux-bridge", bridge={"port": found}, **more)


def pair(name: str, peer: str, **more: Any) -> Document:
    return up(name, "veth", veth={"peer": peer}, **more)


def gone(*names: str) -> Document:
    return {"interfaces": [{"name": name, "state": "absent"} for name in names]}


def link(name: str, path: str, expected: object) -> Fact:
    return ("ip", "-j", "-d", "link", "show", name), f"0.{path}", expected
