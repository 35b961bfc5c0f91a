"""The key, the first certificate and the claim code of the node, made by the same code as on a node that has none."""

from collections.abc import Sequence
from pathlib import Path

from installer.disk_layout import SLOT
from installer.steps.configure import make_folders
from installer.steps.first_boot import place_in
from installer.steps.work import Work
from node.api.messages.identity import Identity
from node.registration.membership import Membership

FOLDER = "var/lib/trivet"
_BELOW = 0o711  # as node.agent makes it: sanlock and QEMU get through to the volumes and see nothing else


def make_identity(work: Work) -> None:
    """The random numbers are this machine's own; nothing of it leaves the disk."""
    state = work.state()
    image = work.target.mount("image", work.partition(SLOT), "squashfs", options="ro")
    make_folders(state, image, FOLDER)
    place_in(state, FOLDER).chmod(_BELOW)
    work.target.unmount("image")
    _membership(work, state).prepare()


def read_identity(work: Work) -> tuple[Identity, str]:
    """The identity and the claim code, of a node that has them."""
    state = work.state()
    code = (place_in(state, FOLDER) / "node/claim").read_text().strip()
    return _membership(work, state).identity(), code


def _membership(work: Work, state: Path) -> Membership:
    """The node signs its certificate anew at each start, with the addresses that it has then."""
    name = work.plan.answers.machine.host_name.partition(".")[0]
    folder = place_in(state, FOLDER) / "node"
    return Membership(folder, name, clock=work.clock, addresses=_none, on_membership_changed=_nobody, trusts=())


def _none() -> Sequence[str]:
    return ()


def _nobody() -> None:
    return None
