"""The two ways this package says no: Refused (nothing was changed) and Failed (something may have been)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Text:
    """A problem in full sentences: what did not succeed, why, and how to mend it."""

    what: str
    why: str
    mend: str


class Problem(Exception):
    """Subclasses give the sentences, the raiser fills the blanks; `text` holds the result."""

    what: ClassVar[str] = "The Gluster operation did not succeed"
    why: ClassVar[str] = "no reason was given"
    mend: ClassVar[str] = "Look into /var/log/glusterfs/glusterd.log"

    def __init__(self, **values: object) -> None:
        self.values = values
        self.text = Text(
            what=self.what.format(**values), why=self.why.format(**values), mend=self.mend.format(**values)
        )
        super().__init__(f"{self.text.what}: {self.text.why}. {self.text.mend}.")


class Refused(Problem):
    """Nothing was changed."""


class Failed(Problem):
    """Something may have been changed."""


class BrickBusy(Refused):
    what = "Cannot use {brick} as a brick"
    why = "that folder is or was part of a Gluster volume{volume}"
    mend = "Choose an empty folder, or remove the volume it belongs to and clear the folder on every server first"


class BrickMissing(Refused):
    what = "Cannot use a folder as a brick"
    why = "{reason}"
    mend = "Mount the brick's file system on that server, use a folder below the mount point, and try again"


class BrickHasData(Refused):
    what = "Cannot clear the brick {path}"
    why = "{reason}"
    mend = "Save what is still needed, empty the folder by hand, and try again"


class BrickInUse(Refused):
    what = "Cannot remove the brick {path}"
    why = "its volume {volume} is there"
    mend = "Remove the volume first"


class ServerAnswers(Refused):
    what = "Cannot give up the server {server}"
    why = "it answers"
    mend = "Take its bricks out of the volumes and let it leave the pool in the usual way"


class ServerNeeded(Refused):
    what = "Cannot give up the server {server}"
    why = "volume {volume} {reason}"
    mend = "Bring the other bricks back, and wait until all is healed: trivet gluster status"


class PeerStays(Failed):
    what = "Peer {peer} was taken out of the pool and is still listed"
    why = "glusterd has not forgotten it after {waited} s"
    mend = "Run it again; if it stays so, look into /var/log/glusterfs/glusterd.log"


class CreateCutShort(Failed):
    """Gluster checks server by server and marks the folders of those that pass before it asks the next."""

    what = "Volume {volume} was not created"
    why = "{reason}"
    mend = "Mend what it names, clear the bricks of the other servers (they are marked as used now), and try again"


class ChangeCutShort(Failed):
    what = "Volume {volume} was changed only in part"
    why = "{reason}"
    mend = "Mend what it names and run it again, which does the rest: {left}"

    def __init__(self, volume: str, refusal: Refused, left: Sequence[str]) -> None:
        super().__init__(volume=volume, reason=refusal, left="; ".join(left))


class VolumeDiffers(Refused):
    what = "Cannot turn volume {volume} into what is wanted"
    why = "it has {observed} and {wanted} is wanted"
    mend = "Choose another name, or remove the volume first; its bricks are never changed behind your back"


class VolumeInClear(Refused):
    what = "Cannot turn {options} to what is wanted on volume {volume}"
    why = "it is started, and bricks and mounts take that up only when they start"
    mend = "Stop the VMs that use it, unmount it, stop it with `gluster volume stop {volume}`, and try again"


class BadVolume(Refused):
    what = "Cannot make volume {volume}"
    why = "{reason}"
    mend = "Correct the wish and try again"


class NoSuchVolume(Refused):
    what = "Cannot find volume {volume}"
    why = "the pool has no volume of that name"
    mend = "Choose one of the volumes that `gluster volume list` shows"


class PeerInOtherPool(Refused):
    what = "Cannot take {peer} into the pool"
    why = "it belongs to another pool already, or has volumes of its own"
    mend = "Detach it there (`gluster peer detach`) or remove its volumes first, or take it out of this site's plan"


class PeerUnreachable(Refused):
    what = "Cannot reach peer {peer}"
    why = "{reason}"
    mend = "Check its power, its network, that glusterd runs there (port 24007), and that its name resolves"


class PeerNotReady(Failed):
    what = "Peer {peer} was added but is not ready"
    why = "{reason}"
    mend = "Run it again once the peer answers; what was done so far is kept"


class PoolBusy(Refused):
    what = "Gluster did not carry out `{command}`"
    why = "another transaction kept the pool locked: {reason}"
    mend = "Try again when the other operation is through"


class NoQuorum(Refused):
    what = "Gluster did not carry out `{command}`"
    why = "too few servers of the pool are connected: {reason}"
    mend = "Bring the missing servers back and try again"


class NoMajority(Refused):
    """Ours, where NoQuorum is gluster's own."""

    what = "Cannot {act}"
    why = (
        "this server is connected to {connected} of the pool's {servers} servers, itself included, which is not more "
        "than half: {away} may be changing the pool at the same time"
    )
    mend = "Bring back the power and network of {away}, or do it on a server that is connected to more than half"


class CommandRefused(Refused):
    what = "Gluster did not carry out `{command}`"
    why = "it says: {reason}"
    mend = "Mend what it names and try again"


class CommandFailed(Failed):
    what = "Gluster did not carry out `{command}`"
    why = "{reason}"
    mend = "Check that glusterd runs (`systemctl status glusterd`), then run it again"


class NotXml(Failed):
    what = "Cannot understand the answer of gluster"
    why = "{reason}"
    mend = "This version of Gluster may be too new or too old; /var/log/glusterfs/cli.log says more"


class NotAsWanted(Failed):
    """The commands said yes, but looking again shows that it is not so."""

    what = "Volume {volume} is not as wanted after all commands succeeded"
    why = "this is still to be done: {left}"
    mend = "Run it again; if it stays so, look into /var/log/glusterfs/glusterd.log"

    def __init__(self, volume: str, left: Sequence[str]) -> None:
        super().__init__(volume=volume, left="; ".join(left))
