"""`./trivet lockouts`: tries every bad configuration through every entry and prints the table; 1 on a lock-out."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from images import build
from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.runner import AT_ONCE, Trial, run_all
from tests.integration.lockout.scenarios import SCENARIOS
from tests.integration.lockout.table import table
from tests.integration.lockout.trial import BACK_S, Outcome

_UNGUARDED = "confirm every change at once, without proof: shows what the proof is for"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./trivet lockouts", description="bad network configurations, one by one")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only those whose names hold one of these")
    parser.add_argument("--unguarded", action="store_true", help=_UNGUARDED)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help="how many side by side (%(default)s)")
    given = parser.parse_args()
    bads = [bad for bad in SCENARIOS if not given.names or any(name in bad.name for name in given.names)]
    trials = [Trial(bad, enter, guarded=not given.unguarded) for bad in bads for enter in (Command, Api)]
    logs = Path(tempfile.mkdtemp(prefix="trivet-lockouts-", dir="/var/tmp"))

    def tell(outcome: Outcome) -> None:
        print(f"{outcome.name}, {outcome.entry}: {outcome.end or '?'} {outcome.wrong}".rstrip(), file=sys.stderr)
        if outcome.wrong:
            name = f"{outcome.name}, {outcome.entry}".replace("/", "-")
            (logs / name).write_text(f"{outcome.wrong}\n{outcome.says}\n{outcome.log}")

    tree = build.build_node(build.DEFAULT_STORE, lambda says: print(says, file=sys.stderr))
    patience_s = 20 if given.unguarded else BACK_S
    outcomes = asyncio.run(run_all(trials, tree, at_once=given.at_once, patience_s=patience_s, tell=tell))
    print(table(bads, outcomes))
    if any(outcome.wrong for outcome in outcomes):
        print(f"What the machines said lies in {logs}", file=sys.stderr)
        return 1
    logs.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
