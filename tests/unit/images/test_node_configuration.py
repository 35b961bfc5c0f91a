"""What the node image brings keeps its promises to other parts: ports, and how long a connection is tried."""

import os
import re
from pathlib import Path

from images.project import CONFIGURATION
from node.api.paths import PORT
from node.ports import NODE_PORTS, firewall

ETC = CONFIGURATION / "node" / "etc"
EPHEMERAL = range(32768, 61000)  # net.ipv4.ip_local_port_range
MIGRATIONS = range(49152, 49216)  # libvirt's migration_port_min and _max
GLUSTERD = 24007


def options(text: str) -> dict[str, str]:
    return dict(re.findall(r"^ +option (\S+) +(\S+)$", text, re.MULTILINE))


def test_bricks_have_ports_of_their_own_and_enough_of_them() -> None:
    volume = options((ETC / "glusterfs/glusterd.vol").read_text())
    ports = range(int(volume["base-port"]), int(volume["max-port"]) + 1)
    assert ports == range(24100, 24600)  # gluster/README.md tells firewalls so
    assert len(ports) >= 300
    for others in (EPHEMERAL, MIGRATIONS, range(1024)):
        assert ports.stop <= others.start or others.stop <= ports.start
    assert GLUSTERD not in ports
    assert volume["transport.socket.listen-port"] == str(GLUSTERD)


def test_a_server_gives_up_who_was_cut_off_though_a_request_is_on_its_way() -> None:
    """Without it keepalive does, after `time` and nine times `interval`, but only where nothing is on its way."""
    volume = options((ETC / "glusterfs/glusterd.vol").read_text())
    assert int(volume["transport.tcp-user-timeout"]) <= int(volume["transport.socket.keepalive-time"]) + 9 * int(
        volume["transport.socket.keepalive-interval"]
    )


def test_a_connection_is_tried_every_second_and_not_for_ever() -> None:
    text = (ETC / "sysctl.d/trivet.conf").read_text()
    settings = dict(re.findall(r"^net\.ipv4\.(\S+) = (\d+)$", text, re.MULTILINE))
    assert settings == {"tcp_syn_linear_timeouts": "30", "tcp_syn_retries": "1"}


def test_the_firewall_is_written_from_the_table_of_ports() -> None:
    """`TRIVET_GOLDEN=write` writes it anew."""
    file = ETC / "nftables.conf"
    if os.environ.get("TRIVET_GOLDEN") == "write":
        file.write_text(firewall())
    assert file.read_text() == firewall()


def test_the_table_of_ports_is_what_the_services_are_told() -> None:
    """libvirt's two ranges and Gluster's, from the files that the image brings."""
    qemu = dict(re.findall(r"^(\w+) = (\d+)$", (ETC / "libvirt/qemu.conf").read_text(), re.MULTILINE))
    volume = options((ETC / "glusterfs/glusterd.vol").read_text())
    told = {
        "glusterfsd": (int(volume["base-port"]), int(volume["max-port"])),
        "glusterd": (GLUSTERD, GLUSTERD),
        "trivet-node": (PORT, PORT),
    }
    ranges = {(one.process, one.first, one.last) for one in NODE_PORTS}
    assert {(name, *ports) for name, ports in told.items()} <= ranges
    for kind in ("migration_port", "remote_display_port"):
        assert ("qemu-system-x86", int(qemu[f"{kind}_min"]), int(qemu[f"{kind}_max"])) in ranges


def test_every_port_stands_in_the_nodes_readme() -> None:
    readme = (Path(__file__).parents[3] / "node/README.md").read_text()
    assert [one.text for one in NODE_PORTS if f"| {one.text} | {one.process} |" not in readme] == []
