"""Where a node of a site listens: the one table from which its firewall is written and to which its listeners are held.

All of them speak TLS and ask for a certificate of the site, or for a ticket; but sshd, which only installed nodes have.
"""

from dataclasses import dataclass

from node.api.paths import PORT, TRANSFER_PORT, TRANSFER_PROXY_PORT


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP, `first` to `last`. `process` is whose; `callers` in words."""

    first: int
    last: int
    process: str
    what: str
    callers: str

    @property
    def text(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last


NODE_PORTS = (
    Ports(22, 22, "sshd", "a shell, on installed nodes", "administrators, by key"),
    Ports(5900, 6923, "qemu-system-x86", "screens of VMs (VNC)", "who has a ticket"),
    Ports(16514, 16514, "libvirtd", "VMs that move", "nodes"),
    Ports(24007, 24007, "glusterd", "Gluster's management", "nodes"),
    Ports(24100, 24599, "glusterfsd", "bricks", "nodes"),
    Ports(24600, 24663, "qemu-system-x86", "VMs on their way, each while it moves", "nodes"),
    Ports(
        PORT, PORT, "trivet-node", "the agent", "engine, deploy; nodes for one question; before a site, the claim code"
    ),
    Ports(TRANSFER_PORT, TRANSFER_PORT, "python", "images that are transferred (ovirt-imageio)", "who has a ticket"),
)
ENGINE_PORTS = (
    Ports(443, 443, "trivet-engine", "the API", "clients, machines that want to join"),
    Ports(
        TRANSFER_PROXY_PORT,
        TRANSFER_PROXY_PORT,
        "python",
        "images, passed on to nodes (ovirt-imageio)",
        "who has a ticket",
    ),
)


def firewall(ports: tuple[Ports, ...] = NODE_PORTS) -> str:
    """nft's rules: what is addressed to the node itself and is not in the table is dropped. VMs' traffic crosses
    bridges and is not looked at."""
    accepted = "".join(f'        tcp dport {one.text} accept comment "{one.what}"\n' for one in ports)
    return HEAD + accepted + TAIL


HEAD = """#!/usr/sbin/nft -f
# Written by Trivet (node/ports.py). Rules of your own: files in /etc/nftables.d, in tables of their own.
table inet trivet
delete table inet trivet
table inet trivet {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp, igmp } accept # first: in a lab conntrack called neighbours' answers invalid
        ct state invalid drop
        udp sport 67 udp dport 68 accept comment "addresses from DHCP"
        ip6 saddr fe80::/10 udp dport 546 accept comment "addresses from DHCP"
"""
TAIL = """        tcp flags syn reject with tcp reset comment "who asks is told at once"
    }
}
include "/etc/nftables.d/*.nft"
"""
