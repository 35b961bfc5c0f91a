"""VRFs and VXLANs, also such that have to be made anew, and dummies."""

from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import ADDRESS, bridge, gone, link, up


def _vrf(table: int) -> Document:
    return up("vrf9", "vrf", vrf={"route-table-id": table, "port": ["eth1"]})


_VXLAN = {"base-iface": "eth1", "id": 7, "remote": "239.1.1.1"}
_AFTER = {"interfaces": [*gone("vrf9")["interfaces"], {"name": "eth1", "type": "ethernet", "state": "absent"}]}

OVERLAYS = (
    Case(
        "dummy-and-mtu",
        (
            Stage({"interfaces": [up("dummy0", "dummy", mtu=1400, ipv4=ADDRESS)]}, (link("dummy0", "mtu", 1400),)),
            Stage({"interfaces": [up("dummy0", "dummy", mtu=9000, ipv4=ADDRESS)]}, (link("dummy0", "mtu", 9000),)),
        ),
        gone("dummy0"),
        ("dummy",),
    ),
    Case(
        "vrf",
        (
            Stage(
                {
                    "interfaces": [
                        _vrf(9),
                        up("eth1", "ethernet", ipv4=ADDRESS),
                    ]
                },
                (link("vrf9", "linkinfo.info_data.table", 9), link("eth1", "master", "vrf9")),
            ),
        ),
        _AFTER,
        ("vrf",),
    ),
    Case(
        "vrf-gets-another-table",
        (
            Stage({"interfaces": [_vrf(9), up("eth1", "ethernet", ipv4=ADDRESS)]}),
            Stage(
                {"interfaces": [_vrf(10)]},
                (link("vrf9", "linkinfo.info_data.table", 10), link("eth1", "master", "vrf9")),
            ),
        ),
        _AFTER,
        ("vrf",),
    ),
    Case(
        "vxlan-in-a-bridge",
        (
            Stage(
                {
                    "interfaces": [
                        up("vx7", "vxlan", vxlan=_VXLAN),
                        bridge("br0", "vx7", ipv4=ADDRESS),
                    ]
                },
                (link("vx7", "linkinfo.info_data.id", 7), link("vx7", "master", "br0")),
            ),
            Stage({"interfaces": [bridge("br0", "vx7", "eth2", ipv4=ADDRESS)]}, (link("eth2", "master", "br0"),)),
        ),
        gone("br0", "vx7"),
        ("vxlan",),
    ),
    Case(
        "vxlan-changes-in-place",
        (
            Stage({"interfaces": [up("vx7", "vxlan", vxlan=_VXLAN), bridge("br0", "vx7", ipv4=ADDRESS)]}),
            Stage(
                {"interfaces": [up("vx7", "vxlan", vxlan=_VXLAN | {"id": 8, "base-iface": "eth2"})]},
                (
                    link("vx7", "linkinfo.info_data.id", 8),
                    link("vx7", "linkinfo.info_data.link", "eth2"),
                    link("vx7", "master", "br0"),
                ),
            ),
        ),
        gone("br0", "vx7"),
        ("vxlan",),
    ),
)
