"""What keeps the engine alive while the engine is dead: files on its volume, and a service on every node."""

from node.api.messages.base import Message


class SiteFilesRequest(Message, frozen=True, kw_only=True):
    """Texts by file name. They lie in the folder `ha` of the volume, private to root, each replaced at once."""

    files: dict[str, str]


class SiteFilesReport(Message, frozen=True, kw_only=True):
    """SHA-256 of each file by name, in lower-case hexadecimal digits."""

    digests: dict[str, str]


class MaintenanceRequest(Message, frozen=True, kw_only=True):
    """`reason` is shown to whoever asks why the node takes no VMs."""

    reason: str = ""


class HaReport(Message, frozen=True, kw_only=True):
    """`keeps`: trivet-ha is to run on this node, now and after every boot. `active`: it does. `maintenance`: this node
    takes no engine VM and no others, for `reason`. `score` and `global_maintenance` are trivet-ha's last word, None
    where it has none. `at`: seconds since this machine was booted; of two reports the later one holds."""

    keeps: bool
    active: bool
    at: float = 0.0
    maintenance: bool = False
    reason: str = ""
    score: int | None = None
    global_maintenance: bool | None = None
