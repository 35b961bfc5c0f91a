"""Runs in the guest: the trials named in wanted.json, and says how each ended."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.runner import Trial, run_all
from tests.integration.lockout.scenarios import IN_GUEST
from tests.integration.lockout.trial import Outcome

_WITHIN_S = 40  # everything takes its time there
_AT_ONCE = 3


def tell(outcome: Outcome) -> None:
    print("result", json.dumps(asdict(outcome)), flush=True)


async def main() -> None:
    bads = {bad.name: bad for bad in IN_GUEST}
    wanted = json.loads(Path("/project/wanted.json").read_text())
    trials = [Trial(bads[name], Api if api else Command, guarded) for name, api, guarded in wanted]
    await run_all(trials, Path("/"), at_once=_AT_ONCE, within_s=_WITHIN_S, tell=tell)


if __name__ == "__main__":
    asyncio.run(main())
