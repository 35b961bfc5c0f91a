"""Bridges: their options, VLANs that they filter, VLANs on them."""

from tests.integration.netconf.contract import Case, Stage
from tests.integration.netconf.sections import ADDRESS, Fact, bridge, gone, link, up, vlan

_TRUNK = {"mode": "trunk", "trunk-tags": [{"id": 101}, {"id-range": {"min": 500, "max": 503}}]}
_UNTAGGED, _PVID = ("Egress Untagged",), ("PVID", "Egress Untagged")
_NATIVE = _TRUNK | {"enable-native": True, "tag": 100}


def _vlans_of(port: str, *expected: tuple[int, tuple[str, ...]]) -> tuple[Fact, ...]:
    argv = ("bridge", "-j", "vlan", "show", "dev", port)
    return tuple(
        fact
        for number, (tag, flags) in enumerate(expected)
        for fact in (
            (argv, f"0.vlans.{number}.vlan", tag),
            (argv, f"0.vlans.{number}.flags", list(flags) if flags else None),
        )
    )


_STP = {
    "options": {
        "mac-ageing-time": 120,
        "multicast-snooping": False,
        "stp": {"enabled": True, "priority": 4096, "hello-time": 1, "forward-delay": 2, "max-age": 6},
    }
}

BRIDGES = (
    Case(
        "vlan-filtering",
        (
            Stage(
                {
                    "interfaces": [
                        bridge(
                            "br0",
                            {"name": "eth1", "vlan": _NATIVE, "stp-path-cost": 50},
                            {"name": "eth2", "vlan": {"mode": "access", "tag": 12}},
                            "eth3",
                            ipv4=ADDRESS,
                        )
                    ]
                },
                (
                    link("br0", "linkinfo.info_data.vlan_filtering", 1),
                    *_vlans_of("eth2", (1, _UNTAGGED), (12, _PVID)),
                    *_vlans_of("eth1", (1, _UNTAGGED), (100, _PVID), (101, ()), (500, ())),
                    *_vlans_of("eth3", (1, _PVID)),
                ),
            ),
            Stage(
                {"interfaces": [bridge("br0", {"name": "eth1", "vlan": _TRUNK}, {"name": "eth2", "vlan": {}})]},
                (*_vlans_of("eth1", (1, _PVID), (101, ())), *_vlans_of("eth2", (1, _PVID))),
            ),
        ),
        gone("br0"),
        ("bridge-vlan",),
    ),
    Case(
        "bridge-options",
        (
            Stage(
                {
                    "interfaces": [
                        up("br0", "linux-bridge", bridge=_STP | {"port": [{"name": "eth1"}]}, description="front door")
                    ]
                },
                (link("br0", "linkinfo.info_data.stp_state", 1), link("br0", "linkinfo.info_data.priority", 4096)),
            ),
            Stage({"interfaces": [bridge("br0", "eth2", mtu=1400)]}, (link("eth2", "master", "br0"),)),
        ),
        gone("br0"),
    ),
    Case(
        "vlan-on-a-bridge",
        (
            Stage({"interfaces": [bridge("br0", "eth1"), vlan("br0.5", "br0", 5, ipv4=ADDRESS)]}),
            Stage({"interfaces": [bridge("br0", "eth1", "eth2")]}, (link("br0.5", "link", "br0"),)),
        ),
        gone("br0.5", "br0"),
        ("8021q",),
    ),
)
