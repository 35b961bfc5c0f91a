"""Makes a change that is confirmed only when proofs hold over the new path, and is rolled back otherwise."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netconf.errors import BackendMissing, Failed
from netconf.facade import WITHIN_S, Network
from netconf.model import Change, Checkpoint
from netconf.proofs.proof import Proof
from netconf.uptime import uptime_s

_AGAIN_S = 1.0
_SPARE_S = 3.0  # of the time to confirm, for the confirmation itself


class NotProven(Failed):
    """The earlier configuration is back."""

    what = "The change was not kept"
    why = "{reasons}"
    mend = "The earlier configuration is back. Correct the document, or mend what does not answer, and ask again"


@dataclass(frozen=True, slots=True)
class Asked:
    """A proof as it stands: `why_not` None when it holds."""

    description: str
    why_not: str | None


Report = Callable[[str], None]


async def change_proven(
    network: Network,
    document: Mapping[str, object],
    proofs: Sequence[Proof],
    *,
    within_s: int = WITHIN_S,
    report: Report = lambda message: None,
) -> Change:
    """Raises NotProven when a proof does not hold in time. Cancelled, it takes the change back before it ends.

    `report` is called with a sentence for whatever is waited for. Without proofs the change is left unconfirmed.
    """
    until_s = 0.0

    async def observe_first() -> None:
        nonlocal until_s
        await asyncio.gather(*(proof.observe() for proof in proofs))
        until_s = uptime_s() + within_s - min(_SPARE_S, within_s / 4)

    watchdog = asyncio.create_task(network.watch_backend())
    try:
        change = await network.change(document, confirm_within_s=within_s, before_change=observe_first)
        if change.checkpoint is not None and proofs:
            await _confirm_proven(network, change.checkpoint, proofs, until_s, report)
        return change
    finally:
        watchdog.cancel()


async def _confirm_proven(
    network: Network, checkpoint: Checkpoint, proofs: Sequence[Proof], until_s: float, report: Report
) -> None:
    try:
        reasons = [asked.why_not for asked in await prove(proofs, until_s, report) if asked.why_not is not None]
    except BaseException:
        await asyncio.shield(network.roll_back(checkpoint, why="who asked for it went away"))
        raise
    if reasons:
        await network.roll_back(checkpoint, why="; ".join(reasons))
        raise NotProven(reasons="; ".join(reasons))
    try:
        await network.confirm(checkpoint)
    except BackendMissing:
        await network.roll_back(checkpoint, why="who made it died before it was confirmed")
        raise


async def prove(proofs: Sequence[Proof], until_s: float, report: Report = lambda message: None) -> tuple[Asked, ...]:
    """Each proof, as soon as it holds or when the time is over; all at the same time."""
    return tuple(await asyncio.gather(*(_asked(proof, until_s, report) for proof in proofs)))


async def _asked(proof: Proof, until_s: float, report: Report) -> Asked:
    report(f"Waiting for this to be true: {proof.description}")
    why: str | None = f"nothing was heard in time: {proof.description}"
    reported: str | None = None
    try:
        async with asyncio.timeout(max(0.0, until_s - uptime_s())):
            while True:
                why = await proof.why_not()
                if why is None:
                    report(f"It is: {proof.description}")
                    return Asked(proof.description, None)
                if why != reported:
                    reported = why
                    report(f"Not yet: {why}")
                await asyncio.sleep(_AGAIN_S)
    except TimeoutError:
        report(f"It is not: {why}")
        return Asked(proof.description, why)
