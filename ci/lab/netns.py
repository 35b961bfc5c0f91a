"""The network of a lab: one namespace with one bridge in it, so that nothing of the host's network changes."""

import json
from pathlib import Path

from ci.lab.names import BRIDGE, BRIDGE_MAC, GATEWAY_ADDRESS, PREFIX_LENGTH, Lab, Node
from node.system.process import CommandFailed, Run


class Network:
    """Makes, inspects and removes the namespace of a lab, and cuts single nodes off within it."""

    def __init__(self, lab: Lab, run: Run) -> None:
        self._lab = lab
        self._run = run

    def exists(self) -> bool:
        """Is it there, and more than the empty file that a reboot leaves of it?"""
        return is_namespace(self._lab.netns_path)

    def make(self) -> None:
        """Make what is missing of the namespace and its bridge."""
        if self._lab.netns_path.exists() and not self.exists():
            self._lab.netns_path.unlink()
        if not self.exists():
            self._run("ip", "netns", "add", self._lab.netns)
        self._ip("link", "set", "lo", "up")
        if BRIDGE not in self._links():
            self._ip("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        # Of its own: it would take the lowest of its ports', and be another one for all when that node loses its power.
        self._ip("link", "set", BRIDGE, "address", BRIDGE_MAC)
        self._ip("link", "set", BRIDGE, "up")
        self._ip("address", "replace", f"{GATEWAY_ADDRESS}/{PREFIX_LENGTH}", "dev", BRIDGE)

    def add_address(self, address: str) -> None:
        """One more of the lab's own on the bridge."""
        self._ip("address", "replace", f"{address}/{PREFIX_LENGTH}", "dev", BRIDGE)

    def remove(self) -> None:
        if self.exists():
            self._run("ip", "netns", "delete", self._lab.netns)
        self._lab.netns_path.unlink(missing_ok=True)

    def cut(self, node: Node) -> None:
        """Take the node's cable off the switch; its carrier stays up, as behind a switch that lost its uplink."""
        self._ip("link", "set", node.uplink, "nomaster")

    def heal(self, node: Node) -> None:
        self._ip("link", "set", node.uplink, "master", BRIDGE)
        self._ip("link", "set", node.uplink, "up")

    def pull(self, node: Node) -> None:
        """Take what is left of the cable of a node that is off. The kernel does so, too, but a moment after a machine's
        last process is gone, and until then systemd-nspawn cannot make it anew."""
        if not self.exists() or node.uplink not in self._links():
            return
        try:
            self._ip("link", "delete", node.uplink)
        except CommandFailed:
            if node.uplink in self._links():  # the kernel was not quicker
                raise

    def is_cut(self, node: Node) -> bool:
        """True when the node runs and its cable is off the switch."""
        links = self._links() if self.exists() else {}
        return node.uplink in links and links[node.uplink] != BRIDGE

    def _links(self) -> dict[str, str]:
        """Name → bridge it belongs to, "" for none."""
        links = _json(self._run("ip", "-n", self._lab.netns, "-j", "link", "show"))
        return {link["ifname"]: link.get("master", "") for link in links}

    def _ip(self, *arguments: str) -> None:
        self._run("ip", "-n", self._lab.netns, *arguments)


def is_namespace(path: Path) -> bool:
    """All namespaces are files of one file system of the kernel's."""
    return path.exists() and path.stat().st_dev == Path("/proc/self/ns/net").stat().st_dev


def _json(text: str) -> list[dict[str, str]]:
    """What `ip -j` says; it says nothing at all instead of an empty list."""
    found: list[dict[str, str]] = json.loads(text or "[]")
    return [entry for entry in found if entry]
