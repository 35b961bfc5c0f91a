"""Reads and writes the documents in nmstate's schema that stand for a network state outside this package."""

from collections.abc import Mapping
from dataclasses import replace

from netconf.document.contradictions import contradictions
from netconf.document.interface import read_interface, render_interface
from netconf.document.reader import Reader
from netconf.document.resolver import read_dns, render_dns
from netconf.document.routes import read_routes, read_rules, render_routes, render_rules
from netconf.errors import BadDocument, Finding
from netconf.model import LinkState, NetworkState

__all__ = ["parse", "render"]

_TOP = {"interfaces", "routes", "dns-resolver", "hostname", "route-rules"}
_NOT_YET = {"ovs-db", "ovn", "dispatch", "capture", "desired"}  # the last two are those of nmpolicy


def parse(document: Mapping[str, object]) -> NetworkState:
    """The state that a document describes. Raises BadDocument with everything that is wrong in it."""
    findings: list[Finding] = []
    top = Reader(document, "", findings)
    top.only(_TOP | {"version"}, _NOT_YET)
    if (hostname := top.section("hostname")) is not None:
        hostname.only({"running"}, {"config"})
    routes, rules, dns = top.section("routes"), top.section("route-rules"), top.section("dns-resolver")
    desired, gone = (None, ()) if routes is None else read_routes(routes)
    wished_rules, gone_rules = (None, ()) if rules is None else read_rules(rules)
    state = NetworkState(
        interfaces=tuple(read_interface(section) for section in top.sections("interfaces")),
        routes=desired,
        dns=None if dns is None else read_dns(dns),
        rules=wished_rules,
        gone=gone,
        gone_rules=gone_rules,
    )
    if not findings:
        findings.extend(contradictions(state))
    if findings:
        raise BadDocument(findings)
    return replace(state, interfaces=tuple(i for i in state.interfaces if i.state is not LinkState.IGNORE))


def render(state: NetworkState) -> dict[str, object]:
    """The document that says the same as `state`; plain dicts, lists and scalars, ready for JSON."""
    document: dict[str, object] = {"interfaces": [render_interface(interface) for interface in state.interfaces]}
    if state.routes is not None or state.gone:
        document["routes"] = render_routes(state.routes, state.gone)
    if state.rules is not None or state.gone_rules:
        document["route-rules"] = render_rules(state.rules, state.gone_rules)
    if state.dns is not None:
        document["dns-resolver"] = render_dns(state.dns)
    return document
