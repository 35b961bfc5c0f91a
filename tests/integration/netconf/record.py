"""`python -m tests.integration.netconf.record` makes tests/data/netlink/changes.json anew, from a kernel, as root."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from netconf.watch.netlink import Dumps, listener, receive

FILE = Path(__file__).parents[2] / "data" / "netlink" / "changes.json"
NETNS = "trivet-record"
# Everything that the observer follows, in an order in which things depend on each other.
STORY = """
link set lo up
link add eth0 type veth peer name cable0
link add eth1 type veth peer name cable1
link set cable0 up
link set eth0 up
addr add 192.0.2.5/24 dev eth0
addr add 2001:db8::5/64 dev eth0 nodad
addr add 198.51.100.7/24 dev eth0 valid_lft 600 preferred_lft 300
route add default via 192.0.2.1
route add 203.0.113.0/24 via 192.0.2.2 metric 50
neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0
neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0
link add br0 type bridge
link set eth1 master br0
link set br0 up
link set eth1 up
link set cable1 up
link set eth1 mtu 1400
link set eth1 name lan1
link add vx0 type vxlan id 7 dev eth0 dstport 4789
link set vx0 alias storage
link set cable0 down
link set cable0 up
neigh del 192.0.2.2 dev eth0
addr del 198.51.100.7/24 dev eth0
link set lan1 nomaster
link del vx0
link set eth0 down
link set eth0 up
addr add 192.0.2.6/24 dev eth0
link del lan1
"""


class Recorder(Dumps):
    """Keeps what came."""

    def __init__(self) -> None:
        super().__init__(NETNS)
        self.batches: list[list[bytes]] = []

    def _ask(self, kind: int, flags: int, body: bytes) -> tuple[list[bytes], bool]:
        data, whole = super()._ask(kind, flags, body)
        self.batches.append(data)
        return data, whole

    def all(self) -> list[list[str]]:
        """Routes of IPv4 and IPv6, links, addresses, neighbours."""
        self.batches = []
        self.kernel()
        return [[datagram.hex() for datagram in data] for data in self.batches]


def record() -> dict[str, Any]:
    recorder, ears = Recorder(), listener(NETNS)
    before = recorder.all()
    for line in STORY.strip().splitlines():
        subprocess.run(["ip", "-n", NETNS, *line.split()], check=True)
    time.sleep(3)  # duplicate address detection ends
    return {"before": before, "events": [datagram.hex() for datagram in receive(ears, 10_000)], "after": recorder.all()}


if __name__ == "__main__":
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    try:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(record(), indent=0) + "\n")
    finally:
        subprocess.run(["ip", "netns", "del", NETNS], check=True)
