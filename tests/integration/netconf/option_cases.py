"""Every plain option of netconf.options on a real kernel, set to what it is not by itself: a case for each group.

That it came true is asked of the kernel by the contract's second look, which reads every option back.
"""

from tests.integration.netconf.contract import Case, Document, Stage
from tests.integration.netconf.sections import bond, gone, link, up, v4

_MII = {"miimon": 200, "updelay": 400, "downdelay": 600, "use_carrier": True}
_ARP = {"arp_interval": 500, "arp_ip_target": "198.51.100.1,198.51.100.2", "arp_all_targets": "all"}
_COMMON = {"all_slaves_active": "delivered", "min_links": 0, "resend_igmp": 3, "lp_interval": 5}

BONDS: dict[str, tuple[str, Document]] = {
    "lacp": (
        "802.3ad",
        _MII
        | _COMMON
        | {"ad_actor_sys_prio": 1000, "ad_actor_system": "02:00:00:00:00:01", "ad_select": "count", "lacp_rate": "fast"}
        | {"ad_user_port_key": 7, "xmit_hash_policy": "layer3+4"},
    ),
    "active-backup": (
        "active-backup",
        _MII
        | _COMMON
        | {"primary": "eth2", "primary_reselect": "failure", "num_grat_arp": 4, "num_unsol_na": 4}
        | {"fail_over_mac": "active"},
    ),
    "arp": ("active-backup", _ARP | {"arp_validate": "active"}),
    "round-robin": ("balance-rr", _MII | _COMMON | {"packets_per_slave": 8}),
    "tlb": ("balance-tlb", _MII | _COMMON | {"tlb_dynamic_lb": False, "xmit_hash_policy": "encap2+3"}),
    "alb": ("balance-alb", _MII | _COMMON | {"primary": "eth1", "primary_reselect": "better"}),
    "xor": ("balance-xor", _MII | _COMMON | {"xmit_hash_policy": "vlan+srcmac"}),
}


def _case(name: str) -> Case:
    """All of them from the beginning, then in place on a bond that has none of them."""
    mode, options = BONDS[name]
    here = (link("bond0", "linkinfo.info_data.mode", mode),)
    plain = {"miimon": 100} if "miimon" in options else {key: options[key] for key in ("arp_interval", "arp_ip_target")}
    stages = (bond(mode, "eth1", "eth2", **plain), bond(mode, "eth1", "eth2", **options))
    return Case(
        f"options-of-a-bond-{name}",
        tuple(Stage({"interfaces": [document]}, here) for document in stages),
        gone("bond0"),
        ("bonding",),
    )


_BRIDGE = {
    "options": {
        "group-forward-mask": 8,
        "mac-ageing-time": 100,
        "multicast-snooping": False,
        "vlan-default-pvid": 5,
        "stp": {"enabled": True, "priority": 8192, "hello-time": 1, "forward-delay": 5, "max-age": 8},
    },
    "port": [
        {
            "name": "eth1",
            "stp-hairpin-mode": True,
            "stp-path-cost": 77,
            "stp-priority": 11,
            "vlan": {"mode": "access", "tag": 9},
        }
    ],
}
_IP = {
    "enabled": True,
    "dhcp": True,
    "auto-dns": False,
    "auto-gateway": False,
    "auto-routes": False,
    "auto-route-metric": 333,
    "auto-route-table-id": 77,
    "dhcp-send-hostname": False,
}

OPTION_CASES = (
    *(_case(name) for name in BONDS),
    Case(
        "options-of-a-bridge",
        (
            Stage({"interfaces": [up("br0", "linux-bridge", bridge={"port": [{"name": "eth1"}]})]}),
            Stage({"interfaces": [up("br0", "linux-bridge", bridge=_BRIDGE)]}),
            Stage({"interfaces": [up("br0", "linux-bridge", bridge={"options": {"stp": {"enabled": False}}})]}),
        ),
        gone("br0"),
        ("bridge",),
    ),
    Case(
        "options-of-ip",
        (
            Stage(
                {
                    "interfaces": [
                        up("dummy0", "dummy", ipv4=v4("198.51.100.11") | {"auto-route-metric": 7}),
                        up("dummy1", "dummy", ipv6={"enabled": True, "addr-gen-mode": "stable-privacy"}),
                    ],
                    "dns-resolver": {"config": {"server": ["198.51.100.53"], "search": ["example.org", "example.net"]}},
                }
            ),
        ),
        {
            "interfaces": gone("dummy0", "dummy1")["interfaces"],
            "dns-resolver": {"config": {"server": [], "search": []}},
        },
        ("dummy",),
    ),
)
