"""Why a node is not upgraded, and not taken back."""

from node.api.problems import Failed, Refused


class NotInstalled(Refused):
    what = "This machine has no slots for versions of Trivet"
    why = "{reason}"
    mend = "Only what Trivet's installer has put on a disk can be upgraded: boot its medium"


class SameVersion(Refused):
    what = "Cannot upgrade to {version}"
    why = "this is the version that runs"
    mend = "Give the medium of a newer one"


class OlderVersion(Refused):
    what = "Cannot upgrade to {version}"
    why = "it is older than {running}, which runs"
    mend = "`trivet node rollback` goes back to the version before, while that is there"


class WaitsAlready(Refused):
    what = "Cannot upgrade to {version}"
    why = "{waiting} is written already and waits for the reboot"
    mend = "Reboot into it, or drop it with `trivet node rollback`"


class NotProven(Refused):
    what = "Cannot upgrade to {version}"
    why = "{running}, which runs, has not proven good yet, and the version before is the only one to fall back to"
    mend = "Wait until `trivet node status` calls it good; should it not become so, look at `trivet node health`"


class NoOtherSlot(Refused):
    what = "Cannot upgrade to {version}"
    why = "{disk} has {found} other slots and should have one"
    mend = "Look at it with `sfdisk --list {disk}`; an installation makes two slots"


class SlotTooSmall(Refused):
    what = "Cannot upgrade to {version}"
    why = "its system has {size_mib} MiB and {device} takes {room_mib}"
    mend = "Install it anew: an installation of that version makes slots that are large enough"


class NoRoom(Refused):
    what = "There is too little room on the {where}"
    why = "{needed_mib} MiB are needed and {free_mib} are free"
    mend = "Remove what is not needed below {path}"


class NoKernel(Refused):
    what = "Cannot change what this node starts"
    why = "the kernel of {version}, which runs, is not in {folder}"
    mend = "See whether the boot partition is mounted there: without it nothing could be fallen back to"


class OneIsRunning(Refused):
    what = "Cannot upgrade now"
    why = "another upgrade or rollback is running on this node"
    mend = "Wait for it: `trivet node status`"


class NothingToGoBackTo(Refused):
    what = "Cannot go back from {version}"
    why = "{reason}"
    mend = "Upgrade to a version that is good"


class NotAsWritten(Failed):
    what = "{file} is not what was written to {where}"
    why = "read back, its SHA-256 is {found}…, not {wanted}…"
    mend = "The disk does not keep what is written to it. The running version is untouched; see to the disk"


class LabelNotChanged(Failed):
    what = "Cannot label partition {number} of {disk}"
    why = "it was to become {wanted} and is {found}"
    mend = "The disk does not keep what is written to it. The running version is untouched; see to the disk"
