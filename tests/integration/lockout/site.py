"""The site around the machine: a switch, a gateway with the operator behind it, a peer; each in a namespace of its own.

    machine ── port0..2 ── switch ── gateway ── operator (198.51.100.10)
                             └────── peer (192.0.2.12, who has 192.0.2.99 as well, DHCP and DNS when asked)

Everything is jumbo frames but the way to the machine, which lets 1500 through. Nothing of it is connected to the host.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

GATEWAY, PEER, TAKEN, OPERATOR = "192.0.2.1", "192.0.2.12", "192.0.2.99", "198.51.100.10"
GATEWAY_MAC, PEER_MAC = "52:54:00:00:0f:01", "52:54:00:00:0f:0c"
JUMBO = "9000"
MAIN_PORT = "port0"
_SERVES_S = 20


class Place:
    """A network namespace that lives as long as the process that holds it, and that as long as this one."""

    def __init__(self, name: str) -> None:
        argv = ("setpriv", "--pdeathsig", "KILL", "unshare", "-n", "sleep", "infinity")
        self._name = name
        self._holder = subprocess.Popen(argv)
        self._others: list[subprocess.Popen[bytes]] = []
        own = Path("/proc/self/ns/net").readlink()
        while Path(self.netns).readlink() == own or b"sleep" not in Path(f"/proc/{self.pid}/cmdline").read_bytes():
            if self._holder.poll() is not None:
                raise AssertionError(f"the namespace {name} did not come up")
        self.run("ip", "link", "set", "lo", "up")

    @property
    def pid(self) -> int:
        return self._holder.pid

    @property
    def netns(self) -> str:
        return f"/proc/{self.pid}/ns/net"

    def run(self, *argv: str) -> str:
        argv = ("nsenter", f"--net={self.netns}", *argv)
        done = subprocess.run(argv, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{self._name}: {' '.join(argv)}: {done.stderr}")
        return done.stdout

    def ip(self, command: str) -> None:
        self.run("ip", *command.split())

    def start(self, *argv: str) -> None:
        argv = ("setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={self.netns}", *argv)
        self._others.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def remove(self) -> None:
        for process in (*self._others, self._holder):
            process.send_signal(signal.SIGKILL)
            process.wait()


class Site:
    """`tree` is the node image's: dnsmasq is taken from it. With `vlans` the switch filters; port0 lets only 7 in."""

    def __init__(self, tree: Path, *, vlans: bool = False) -> None:
        self._tree = tree
        self._filters = vlans
        self._places: list[Place] = []
        try:
            self.switch, self.gateway, self.peer, self.operator = map(
                self._place, ("switch", "gateway", "peer", "operator")
            )
            self._cable()
        except BaseException:
            self.remove()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _place(self, name: str) -> Place:
        place = Place(name)
        self._places.append(place)
        return place

    def _cable(self) -> None:
        filtering = " vlan_filtering 1 vlan_default_pvid 1" if self._filters else ""
        self.switch.ip(f"link add sw mtu {JUMBO} type bridge stp_state 0 forward_delay 0{filtering}")
        self.switch.ip("link set sw up")
        for place, name, mac in ((self.gateway, "to-gateway", GATEWAY_MAC), (self.peer, "to-peer", PEER_MAC)):
            end = f"eth0 mtu {JUMBO} address {mac} netns {place.pid}"
            self.switch.ip(f"link add {name} mtu {JUMBO} type veth peer name {end}")
            self.switch.ip(f"link set {name} master sw up")
            place.ip("link set eth0 up")
        self.gateway.ip(f"address add {GATEWAY}/24 dev eth0")
        self.peer.ip(f"address add {PEER}/24 dev eth0")
        self.peer.ip(f"address add {TAKEN}/24 dev eth0")
        self.peer.ip(f"route add default via {GATEWAY}")
        self.gateway.ip(f"link add eth1 mtu {JUMBO} type veth peer name eth0 mtu {JUMBO} netns {self.operator.pid}")
        self.gateway.ip("address add 198.51.100.1/24 dev eth1")
        self.gateway.ip("link set eth1 up")
        self.gateway.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.operator.ip("link set eth0 up")
        self.operator.ip(f"address add {OPERATOR}/24 dev eth0")
        self.operator.ip("route add default via 198.51.100.1")

    def plug_in(self, port: str) -> None:
        """A port of the machine's, which brought it here, is put into the switch. The spare ones have no cable yet: the
        machine would answer there to whoever asks for its address, whatever is wrong with the way to it."""
        self.switch.ip(f"link set {port} master sw {'up' if port == MAIN_PORT else 'down'}")
        if self._filters and port == MAIN_PORT:
            self.switch.run("bridge", "vlan", "del", "dev", port, "vid", "1")
            self.switch.run("bridge", "vlan", "add", "dev", port, "vid", "7")
            for name in ("to-gateway", "to-peer"):
                self.switch.run("bridge", "vlan", "add", "dev", name, "vid", "7", "pvid", "untagged")

    def unplug(self, ports: Iterable[str]) -> None:
        """The kernel takes the NICs of a machine away that is gone, but not at once."""
        for port in ports:
            with contextlib.suppress(AssertionError):
                self.switch.ip(f"link delete {port}")

    def pull(self, port: str = MAIN_PORT) -> None:
        """The machine's NIC loses its carrier."""
        self.switch.ip(f"link set {port} down")

    def plug_back(self, port: str = MAIN_PORT) -> None:
        self.switch.ip(f"link set {port} up")

    def only_known_macs(self, mac: str, port: str = MAIN_PORT) -> None:
        """Port security: the switch learns nothing there and sends to this one only."""
        for command in (f"link set dev {port} learning off flood off", f"fdb replace {mac} dev {port} master static"):
            self.switch.run("bridge", *command.split())

    def serve_dns(self) -> None:
        """The peer then answers the machine's questions for names; it knows none."""
        self.peer.start(
            *("chroot", str(self._tree), "dnsmasq", "--keep-in-foreground", "--user=root", "--conf-file="),
            *("--no-hosts", "--no-resolv", "--interface=eth0", "--bind-interfaces", "--pid-file="),
        )
        end = time.monotonic() + _SERVES_S
        while not self.peer.run("ss", "-Hlnu", "src", f"{PEER}:53"):
            if time.monotonic() > end:
                raise AssertionError("the peer's dnsmasq does not listen")
            time.sleep(0.05)  # a process that says nothing when it is ready

    def serve_dhcp(self, network: str = "203.0.113") -> None:
        """Of another network than the site's; without this nobody answers."""
        with contextlib.suppress(AssertionError):
            self.peer.ip(f"address add {network}.1/24 dev eth0")
        self.peer.start(
            *("chroot", str(self._tree), "dnsmasq", "--keep-in-foreground", "--port=0", "--user=root", "--conf-file="),
            *("--interface=eth0", "--dhcp-authoritative", "--leasefile-ro", "--pid-file="),
            f"--dhcp-range={network}.100,{network}.110,255.255.255.0,120",
        )

    def remove(self) -> None:
        for place in self._places:
            place.remove()
        self._places = []
