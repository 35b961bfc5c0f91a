"""The gluster command lines; what their answers mean is parse's business."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gluster.model import BrickPath, DesiredVolume


class Run(Protocol):
    """Run a command, return its standard output; any error above exit status 0 raises.

    The exception may carry the command's output as `stdout`: some refusals come as XML with a status above 0.
    """

    def __call__(self, *argv: str, stdin: str = "", timeout_s: float = 60) -> str: ...


Argv = tuple[str, ...]

_GLUSTER: Argv = ("gluster", "--mode=script", "--xml")


def pool_list() -> Argv:
    return (*_GLUSTER, "pool", "list")


def peer_status() -> Argv:
    return (*_GLUSTER, "peer", "status")


def peer_probe(hostname: str) -> Argv:
    return (*_GLUSTER, "peer", "probe", hostname)


def peer_detach(hostname: str) -> Argv:
    return (*_GLUSTER, "peer", "detach", hostname)


def peer_forget(hostname: str) -> Argv:
    """Also of one that does not answer."""
    return (*peer_detach(hostname), "force")


def volume_shrink(volume: str, replica: int, bricks: Sequence[BrickPath]) -> Argv:
    """Keep `replica` copies, without these bricks; what is on them stays there."""
    return (*_GLUSTER, "volume", "remove-brick", volume, "replica", str(replica), *map(str, bricks), "force")


def volume_info() -> Argv:
    return (*_GLUSTER, "volume", "info", "all")


def volume_status(volume: str) -> Argv:
    return (*_GLUSTER, "volume", "status", volume)


def volume_status_detail(volume: str) -> Argv:
    """Bricks with the sizes of their file systems."""
    return (*volume_status(volume), "detail")


def volume_status_clients(volume: str) -> Argv:
    """Bricks with those that are connected to them."""
    return (*volume_status(volume), "clients")


def volume_create(desired: DesiredVolume) -> Argv:
    """Never with `force`: it would put a brick on the root file system when the brick's own is not mounted."""
    replica = ("replica", str(desired.replica)) if desired.replica > 1 else ()
    return (*_GLUSTER, "volume", "create", desired.name, *replica, *(str(brick) for brick in desired.bricks))


def volume_set_group(volume: str, group: str) -> Argv:
    return (*_GLUSTER, "volume", "set", volume, "group", group)


def volume_set(volume: str, options: Mapping[str, str]) -> Argv:
    """All options in one transaction: either all are set or none."""
    return (*_GLUSTER, "volume", "set", volume, *(word for pair in sorted(options.items()) for word in pair))


def volume_start(volume: str, *, force: bool = False) -> Argv:
    """`force` starts the bricks that are not running of a volume that is started already."""
    return (*_GLUSTER, "volume", "start", volume, *(("force",) if force else ()))


def volume_stop(volume: str) -> Argv:
    """`force`: also while bricks do not answer."""
    return (*_GLUSTER, "volume", "stop", volume, "force")


def volume_delete(volume: str) -> Argv:
    return (*_GLUSTER, "volume", "delete", volume)


def heal_statistics(volume: str) -> Argv:
    """Asks the self-heal daemons: 0.1 s. The answer is plain text, whatever --xml says."""
    return (*_GLUSTER, "volume", "heal", volume, "statistics", "heal-count")


def heal_info(volume: str, kind: str = "") -> Argv:
    """Each entry that waits, by brick; `kind` is "split-brain" for those that nobody can decide."""
    return (*_GLUSTER, "volume", "heal", volume, "info", *((kind,) if kind else ()))


def heal_summary(volume: str) -> Argv:
    """Walks the bricks itself: needs no daemon, takes 10 s while a brick's server is away."""
    return (*_GLUSTER, "volume", "heal", volume, "info", "summary")
