"""Runs in the guest: the trials named in wanted.json, and says how each ended."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.runner import Trial, run_all
from tests.integration.lockout.scenarios import IN_GUEST
from tests.integration.lockout.trial import Outcome
from tests.integration.lockout.world import Pace

_PACE = Pace(within_s=40, up_s=300, back_s=120, probe_every_s=2)  # everything takes its time there


def report(outcome: Outcome) -> None:
    print("result", json.dumps(asdict(outcome)), flush=True)


async def main() -> None:
    bads = {bad.name: bad for bad in IN_GUEST}
    wanted = json.loads(Path("/project/wanted.json").read_text())
    trials = [Trial(bads[name], Api if api else Command, guarded) for name, api, guarded in wanted]
    await run_all(trials, Path("/"), at_once=1, pace=_PACE, report=report)


if __name__ == "__main__":
    asyncio.run(main())
