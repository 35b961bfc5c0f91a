"""A glusterd in memory that answers the gluster command line in its own XML; hand its `run` to gluster.facade."""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

OWN = "00000000-0000-0000-0000-000000000001"


class GlusterHangs(Exception):
    """What a runner raises when its time is over."""


class GlusterSaidNo(Exception):
    """What a runner raises for an exit status above 0."""

    def __init__(self, stdout: str) -> None:
        super().__init__("exit status 1")
        self.stdout = stdout


@dataclass
class FakeVolume:
    replica: int
    bricks: list[str]
    status: str = "Created"
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeGlusterd:
    """One server named `name`. `settles_after` looks a new peer is in the cluster; `locked` answers "busy" so often."""

    name: str = "node1"
    reachable: set[str] = field(default_factory=lambda: {"node2", "node3"})
    group: dict[str, str] = field(default_factory=dict)
    joins_after: int = 2
    locked: int = 0
    status_locked: bool = False  # another server holds the volume's lock and does not give it back
    deaf: bool = False  # says yes to everything and does nothing
    peers: dict[str, int] = field(default_factory=dict)  # name → looks left until it is in the cluster
    volumes: dict[str, FakeVolume] = field(default_factory=dict)
    healers: bool = True  # whether self-heal daemons run
    dead_bricks: set[str] = field(default_factory=set)
    clients: dict[str, list[str]] = field(default_factory=dict)  # addresses by brick; else everybody twice
    hangs: set[str] = field(default_factory=set)  # "detail", "clients", "heal": commands that a cut-off server holds
    states: dict[str, str] = field(default_factory=dict)  # what is said of a peer that is not in the cluster
    disconnected: set[str] = field(default_factory=set)
    missed: dict[str, set[str]] = field(default_factory=dict)  # by brick: what it lists to be healed for others
    split: set[str] = field(default_factory=set)  # what nobody can decide
    waiting: int = 3  # entries that wait to be healed, on every brick
    size_bytes: int = 10 << 30
    free_bytes: int = 9 << 30
    goes_away_after: str | None = None  # a command that begins so is the last before all peers are away
    commands: list[str] = field(default_factory=list)

    def everybody(self) -> list[str]:
        """The addresses of mounts and self-heal daemons of all servers that are connected."""
        return [address_of(name) for name in (self.name, *self.peers) if name not in self.disconnected] * 2

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        assert argv[:3] == ("gluster", "--mode=script", "--xml")
        arguments = list(argv[3:])
        self.commands.append(" ".join(arguments))
        try:
            return self._answer(arguments)
        finally:
            if self.goes_away_after is not None and " ".join(arguments).startswith(self.goes_away_after):
                self.disconnected = set(self.peers)

    def _answer(self, arguments: list[str]) -> str:
        reads = arguments[0] == "pool" or arguments[:2] in (
            ["peer", "status"],
            ["volume", "info"],
            ["volume", "status"],
        )
        if not reads and self.locked > 0:
            self.locked -= 1
            return _answer(-1, 30802, f"Another transaction is in progress for {arguments[2]}. Please try again.")
        if not reads and self.deaf:
            return _answer()
        verb = getattr(self, f"_{arguments[0]}_{arguments[1].replace('-', '_')}")
        answer: str = verb(*arguments[2:])
        return answer

    def _pool_list(self) -> str:
        names = {"localhost": OWN} | {peer: _uuid(peer) for peer in self.peers}
        return _answer(fill=lambda root: self._fill_peers(root, names, dict.fromkeys(names, 0)))

    def _peer_status(self) -> str:
        for peer, countdown in self.peers.items():
            self.peers[peer] = max(0, countdown - 1)
        names = {peer: _uuid(peer) for peer in self.peers}
        return _answer(fill=lambda root: self._fill_peers(root, names, self.peers))

    def _fill_peers(self, root: Element, uuids: dict[str, str], countdown: dict[str, int]) -> None:
        parent = SubElement(root, "peerStatus")
        for name, uuid in uuids.items():
            state = self.states.get(name, "Accepted peer request" if countdown[name] else "Peer in Cluster")
            peer = SubElement(parent, "peer")
            _add(peer, uuid=uuid, hostname=name, connected=str(int(name not in self.disconnected)), stateStr=state)
            _add(SubElement(peer, "hostnames"), hostname=name)

    def _peer_probe(self, name: str) -> str:
        if name == self.name:
            return _answer(errno=1, output="Probe on localhost not needed")
        if name not in self.reachable:
            return _answer(-1, 107, "Probe returned with Transport endpoint is not connected")
        self.peers[name] = self.joins_after
        return _answer(output="success")

    def _peer_detach(self, name: str, *arguments: str) -> str:
        if name in self.disconnected and "force" not in arguments and len(self.peers) > 1:
            return _answer(-1, 107, "One of the peers is probably down. Check with 'peer status'")
        if name not in self.peers:
            return _answer(-1, 107, f"{name} is not part of cluster")
        if any(brick.startswith(f"{name}:") for volume in self.volumes.values() for brick in volume.bricks):
            return _answer(-1, 2, f"Brick(s) with the peer {name} exist in cluster")
        del self.peers[name]
        return _answer(output="success")

    def _volume_info(self, _: str) -> str:
        def fill(root: Element) -> None:
            parent = SubElement(SubElement(root, "volInfo"), "volumes")
            for name, volume in self.volumes.items():
                _volume(parent, name, volume, self.name)

        return _answer(fill=fill)

    def _volume_status(self, name: str, kind: str = "") -> str:
        if kind in self.hangs:
            raise GlusterHangs
        if self.status_locked:
            return _answer(-1, 30802, f"Another transaction is in progress for {name}. Please try again.")
        if self.volumes[name].status != "Started":
            return _answer(-1, 30800, f"Volume {name} is not started")

        def fill(root: Element) -> None:
            volume = SubElement(SubElement(SubElement(root, "volStatus"), "volumes"), "volume")
            for brick in self.volumes[name].bricks:
                server, _, path = brick.partition(":")
                if server in self.disconnected:
                    continue
                up = brick not in self.dead_bricks
                node = SubElement(volume, "node")
                if kind == "detail" and up:
                    _add(node, sizeTotal=str(self.size_bytes), sizeFree=str(self.free_bytes))
                if kind == "clients" and up:
                    connected = SubElement(node, "clientsStatus")
                    for address in self.clients.get(brick, self.everybody()):
                        _add(SubElement(connected, "client"), hostname=f"{address}:49150")
                peer = _uuid(server) if server != self.name else OWN
                _add(node, path=path, peerid=peer, status="1" if up else "0", port="50000", pid="77" if up else "-1")

        return _answer(fill=fill)

    def _volume_create(self, name: str, *arguments: str) -> str:
        if name in self.volumes:
            return _answer(-1, 0, f"Volume {name} already exists")
        replica = int(arguments[1]) if arguments[0] == "replica" else 1
        self.volumes[name] = FakeVolume(replica, [word for word in arguments if ":/" in word])
        return _answer()

    def _volume_remove_brick(self, name: str, *arguments: str) -> str:
        assert (arguments[0], arguments[-1]) == ("replica", "force")
        self.volumes[name].replica = int(arguments[1])
        self.volumes[name].bricks = [brick for brick in self.volumes[name].bricks if brick not in arguments]
        return _answer()

    def _volume_set(self, name: str, *arguments: str) -> str:
        pairs = self.group if arguments[0] == "group" else dict(zip(arguments[::2], arguments[1::2], strict=True))
        self.volumes[name].options.update(pairs)
        return _answer(output="Set volume successful")

    def _volume_start(self, name: str, *arguments: str) -> str:
        if self.volumes[name].status == "Started" and "force" not in arguments:
            return _answer(-1, 30800, f"Volume {name} already started")
        self.volumes[name].status = "Started"
        self.dead_bricks.clear()
        return _answer()

    def _volume_stop(self, name: str, *arguments: str) -> str:
        if self.volumes[name].status != "Started":
            return _answer(-1, 30800, f"Volume {name} is not in the started state")
        self.volumes[name].status = "Stopped"
        return _answer()

    def _volume_delete(self, name: str) -> str:
        if self.volumes[name].status == "Started":
            return _answer(-1, 30800, f"Volume {name} has been started.Volume needs to be stopped before deletion.")
        del self.volumes[name]
        return _answer()

    def _heal_info(self, name: str, only: set[str] | None) -> str:
        def fill(root: Element) -> None:
            parent = SubElement(SubElement(root, "healInfo"), "bricks")
            for brick in self.volumes[name].bricks:
                element = SubElement(parent, "brick")
                away = brick.partition(":")[0] in self.disconnected or brick in self.dead_bricks
                files = set() if away else self.missed.get(brick, set()) if only is None else only
                _add(element, name=brick)
                for file in files:
                    SubElement(element, "file", gfid=file).text = f"/{file}"
                _add(element, numberOfEntries="-" if away else str(len(files)))

        return _answer(fill=fill)

    def _volume_heal(self, name: str, *arguments: str) -> str:
        if name not in self.volumes:
            raise GlusterSaidNo(_answer(-1, 2, f"Volume {name} does not exist"))
        if "heal" in self.hangs:
            raise GlusterHangs
        if arguments[0] == "statistics":
            if not self.healers:
                raise GlusterSaidNo("")
            return "\n\n".join(
                f"Brick {brick}\nNumber of entries: {self.waiting}" for brick in self.volumes[name].bricks
            )

        if arguments in (("info",), ("info", "split-brain")):
            return self._heal_info(name, self.split if arguments[1:] else None)

        def fill(root: Element) -> None:
            parent = SubElement(SubElement(root, "healInfo"), "bricks")
            for brick in self.volumes[name].bricks:
                _add(SubElement(parent, "brick"), name=brick, status="Connected", numberOfEntriesInHealPending="3")

        return _answer(fill=fill)


def _answer(
    ret: int = 0, errno: int = 0, error: str = "", output: str = "", fill: Callable[[Element], None] | None = None
) -> str:
    root = Element("cliOutput")
    _add(root, opRet=str(ret), opErrno=str(errno), opErrstr=error, output=output)
    if fill is not None:
        fill(root)
    return '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(root, encoding="unicode")


def address_of(name: str) -> str:
    """Of a server called node1, node2, …"""
    return f"192.0.2.1{name[-1]}"


def _volume(parent: Element, name: str, volume: FakeVolume, own: str) -> None:
    element = SubElement(parent, "volume")
    kind = "Replicate" if volume.replica > 1 else "Distribute"
    _add(element, name=name, id=_uuid(name), statusStr=volume.status, replicaCount=str(volume.replica), typeStr=kind)
    bricks = SubElement(element, "bricks")
    for brick in volume.bricks:
        server = brick.partition(":")[0]
        _add(SubElement(bricks, "brick"), name=brick, hostUuid=OWN if server == own else _uuid(server), isArbiter="0")
    options = SubElement(element, "options")
    for key, value in volume.options.items():
        _add(SubElement(options, "option"), name=key, value=value)


def _add(element: Element, **texts: str) -> None:
    for tag, text in texts.items():
        SubElement(element, tag).text = text


def _uuid(name: str) -> str:
    return f"00000000-0000-0000-0000-{name.encode().hex()[-12:]:0>12}"
