"""What one attempt to install comes to: a new installation, or one that was cut off and is gone on with."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from installer.answers import Answers
from installer.disk_choice import choose_disks
from installer.plan import InstallPlan, plan
from installer.sysinfo import SysInfo
from installer.unfinished import Unfinished


@dataclass(frozen=True, slots=True)
class Attempt:
    """`earlier` is an unfinished installation on the chosen system disk; `goes_on` whether this one goes on with it
    or takes its place."""

    plan: InstallPlan
    earlier: Unfinished | None
    goes_on: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """The plan in plain words, with what becomes of the earlier one."""
        return (*self._about_earlier(), *self.plan.lines)

    def _about_earlier(self) -> tuple[str, ...]:
        if self.earlier is None:
            return ()
        what = f"the installation that was cut off on {self.earlier.system.name}"
        return (f"Goes on with {what}" if self.goes_on else f"Starts over: {what} goes",)


def attempt(
    answers: Answers,
    sysinfo: SysInfo,
    unfinished: Sequence[Unfinished] = (),
    *,
    start_over: bool = False,
    new_id: Callable[[], object] = uuid.uuid4,
) -> Attempt:
    """Raises DoesNotFit."""
    earlier = next((found for found in unfinished if _is_on_chosen_disk(answers, sysinfo, found)), None)
    goes_on = earlier is not None and not start_over
    installation_id = earlier.installation_id if earlier is not None and goes_on else str(new_id())
    taken = () if earlier is None else earlier.taken
    return Attempt(plan(answers, sysinfo, installation_id, taken=taken), earlier, goes_on)


def _is_on_chosen_disk(answers: Answers, sysinfo: SysInfo, found: Unfinished) -> bool:
    choice, _ = choose_disks(answers.disks, sysinfo.disks, taken=found.taken)
    return choice is not None and choice.system.path == found.system.path
