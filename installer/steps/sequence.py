"""The steps of an installation in their order, as the plan has them, each with what does it."""

from collections.abc import Awaitable, Callable, Sequence

from installer.plan import Brick
from installer.steps.boot import install_boot_loader
from installer.steps.bricks import deactivate, make_brick
from installer.steps.configure import configure
from installer.steps.identity import make_identity
from installer.steps.images import copy_images
from installer.steps.partition import partition
from installer.steps.system import verify, write
from installer.steps.work import Work
from node.steps import Step

Do = Callable[[Work], None]
_DOERS: dict[str, Do] = {
    "partition": partition,
    "write": write,
    "verify": verify,
    "configure": configure,
    "identity": make_identity,
    "images": copy_images,
    "boot": install_boot_loader,
}


def steps(work: Work, guarded: Callable[[Do, Work], Callable[[], Awaitable[None]]]) -> Sequence[Step]:
    """`guarded` makes of what does a step what the executor runs."""
    doers = _DOERS | {f"brick-{brick.number}": _making(brick) for brick in work.plan.bricks}
    return tuple(Step(step.key, step.description, guarded(doers[step.key], work)) for step in work.plan.steps)


def close(work: Work) -> None:
    """Let go of all disks, whole."""
    work.target.unmount_all()
    for brick in work.plan.bricks:
        deactivate(work, brick)


def _making(brick: Brick) -> Do:
    return lambda work: make_brick(work, brick)
