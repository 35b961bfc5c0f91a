"""Turns the XML of the gluster command into the model."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from gluster.errors import NotXml
from gluster.model import Brick, BrickPath, HealCount, Peer, PeerState, Volume, VolumeStatus


@dataclass(frozen=True, slots=True)
class Answer:
    """What every answer says about itself. `output` is a word more in some answers, empty in most."""

    ok: bool
    errno: int
    error: str
    output: str


@dataclass(frozen=True, slots=True)
class BrickRun:
    """A brick process as `volume status` tells of it."""

    online: bool
    port: int | None
    pid: int | None


@dataclass(frozen=True, slots=True)
class BrickDetail:
    """A brick process, and its file system's size where it runs."""

    run: BrickRun
    size_bytes: int | None
    free_bytes: int | None


_SECRETS = frozenset({"username", "password"})


def answer(xml: str) -> Answer:
    root = _root(xml)
    return Answer(
        ok=_text(root, "opRet") == "0",
        errno=_number(root, "opErrno") or 0,
        error=_text(root, "opErrstr"),
        output=_text(root, "output"),
    )


def own_uuid(xml: str) -> str:
    """From `pool list`: the entry that is called localhost is this server."""
    for peer in _root(xml).iterfind("peerStatus/peer"):
        if _text(peer, "hostname") == "localhost":
            return _text(peer, "uuid")
    raise NotXml(reason="`gluster pool list` does not name this server itself")


def peers(xml: str) -> tuple[Peer, ...]:
    """From `peer status`, in its order."""
    return tuple(_peer(element) for element in _root(xml).iterfind("peerStatus/peer"))


def volumes(xml: str) -> tuple[Volume, ...]:
    """From `volume info`; nothing is known of the bricks' processes yet (`with_status` adds it)."""
    return tuple(_volume(element) for element in _root(xml).iterfind("volInfo/volumes/volume"))


def brick_runs(xml: str) -> dict[tuple[str, str], BrickRun]:
    """From `volume status`, by (host uuid, path). Bricks of servers that are not connected are not in it."""
    found = {}
    for node in _root(xml).iterfind("volStatus/volumes/volume/node"):
        path = _text(node, "path")
        if path.startswith("/"):  # else it is a daemon: self-heal, quota, …
            found[_text(node, "peerid"), path] = _run(node)
    return found


def _run(node: etree._Element) -> BrickRun:
    return BrickRun(_text(node, "status") == "1", _positive(node, "port"), _positive(node, "pid"))


def with_status(volume: Volume, runs: Mapping[tuple[str, str], BrickRun]) -> Volume:
    def known(brick: Brick) -> Brick:
        run = runs.get((brick.host_uuid, brick.where.path))
        return brick if run is None else replace(brick, online=run.online, port=run.port, pid=run.pid)

    return replace(volume, bricks=tuple(known(brick) for brick in volume.bricks))


def brick_details(xml: str) -> dict[tuple[str, str], BrickDetail]:
    """From `volume status detail`, by (host uuid, path). Bricks of servers that are not connected are not in it."""
    return {
        (_text(node, "peerid"), _text(node, "path")): BrickDetail(
            run=_run(node), size_bytes=_number(node, "sizeTotal"), free_bytes=_number(node, "sizeFree")
        )
        for node in _root(xml).iterfind("volStatus/volumes/volume/node")
    }


def brick_clients(xml: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """From `volume status clients`, by (host uuid, path): the address of each connection, an address for every one."""
    return {
        (_text(node, "peerid"), _text(node, "path")): tuple(
            _text(client, "hostname").rpartition(":")[0] for client in node.iterfind("clientsStatus/client")
        )
        for node in _root(xml).iterfind("volStatus/volumes/volume/node")
        if node.find("clientsStatus") is not None
    }


def heal_counts(xml: str) -> tuple[HealCount, ...]:
    """From `heal info summary`. A brick that is not connected has no numbers, whatever its status text says."""
    return tuple(
        HealCount(
            where=BrickPath.from_text(_text(brick, "name")),
            pending=_number(brick, "numberOfEntriesInHealPending"),
            split_brain=_number(brick, "numberOfEntriesInSplitBrain"),
            possibly_healing=_number(brick, "numberOfEntriesPossiblyHealing"),
        )
        for brick in _root(xml).iterfind("healInfo/bricks/brick")
    )


def heal_entries(xml: str) -> dict[BrickPath, frozenset[str] | None]:
    """From `heal info`, by gfid or path; None of a brick that is not connected."""
    return {
        BrickPath.from_text(_text(brick, "name")): (
            frozenset(file.get("gfid") or file.text or "" for file in brick.iterfind("file"))
            if _number(brick, "numberOfEntries") is not None
            else None
        )
        for brick in _root(xml).iterfind("healInfo/bricks/brick")
    }


def heal_statistics(text: str) -> tuple[HealCount, ...]:
    """From `heal statistics heal-count`; what a brick's daemon did not count is None."""
    found: list[HealCount] = []
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key == "Brick":
            found.append(HealCount(BrickPath.from_text(value), pending=None))
        elif found and line.startswith("Number of entries:"):
            found[-1] = replace(found[-1], pending=int(line.rpartition(":")[2]))
    if not found:
        raise NotXml(reason=_first_line(text) or "it is empty")
    return tuple(found)


def mounts(text: str) -> dict[str, int]:
    """From /proc/mounts: how often each volume is mounted here by FUSE. A mount may be listed twice: in a namespace of
    systemd's it is."""
    return dict(Counter(volume for volume, _ in mount_points(text)))


def mount_points(text: str) -> tuple[tuple[str, str], ...]:
    """From /proc/mounts: volume and place of each mount by FUSE, each once."""
    rows = {tuple(line.split()[:3]) for line in text.splitlines()}
    return tuple(sorted((row[0].partition(":/")[2], row[1]) for row in rows if row[2:] == ("fuse.glusterfs",)))


def is_connected(text: str) -> bool:
    """From `.meta/graphs/active/VOLUME-client-N/private` below a mount."""
    return any(line.replace(" ", "") == "connected=1" for line in text.splitlines())


def pairs(text: str) -> dict[str, str]:
    """From glusterd's own files: `key=value` lines."""
    return {key: value for key, is_pair, value in (line.partition("=") for line in text.splitlines()) if is_pair}


def without_secrets(configuration: Mapping[str, str]) -> dict[str, str]:
    """Of a volume's `info` file, which all servers of a pool share: secrets become digests, that can be compared."""
    return {key: _digest(value) if key in _SECRETS else value for key, value in configuration.items()}


def _digest(secret: str) -> str:
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"


def group(text: str) -> dict[str, str]:
    """From a file of /var/lib/glusterd/groups: `option=value` lines."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _peer(element: etree._Element) -> Peer:
    text = _text(element, "stateStr")
    known = text in set(PeerState)
    return Peer(
        uuid=_text(element, "uuid"),
        hostname=_text(element, "hostname"),
        connected=_text(element, "connected") == "1",
        state=PeerState(text) if known else PeerState.OTHER,
        names=tuple(name.text or "" for name in element.iterfind("hostnames/hostname")),
    )


def _volume(element: etree._Element) -> Volume:
    status = _text(element, "statusStr")
    options = {_text(option, "name"): _text(option, "value") for option in element.iterfind("options/option")}
    return Volume(
        name=_text(element, "name"),
        id=_text(element, "id"),
        type=_text(element, "typeStr"),
        replica=_number(element, "replicaCount") or 1,
        status=VolumeStatus(status) if status in set(VolumeStatus) else VolumeStatus.UNKNOWN,
        bricks=tuple(_brick(brick) for brick in element.iterfind("bricks/brick")),
        options=options,
    )


def _brick(element: etree._Element) -> Brick:
    where = BrickPath.from_text(_text(element, "name"))
    return Brick(where, _text(element, "hostUuid"), arbiter=_text(element, "isArbiter") == "1")


def _root(xml: str) -> etree._Element:
    try:
        root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as err:
        raise NotXml(reason=_first_line(xml) or str(err)) from err
    if root.tag != "cliOutput":
        raise NotXml(reason=f"it begins with <{root.tag}> where <cliOutput> was expected")
    return root


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _number(element: etree._Element, path: str) -> int | None:
    text = _text(element, path)
    try:
        return int(text)
    except ValueError:
        return None


def _positive(element: etree._Element, path: str) -> int | None:
    number = _number(element, path)
    return number if number is not None and number > 0 else None
