"""`./trivet lockouts`: tries every bad configuration through every entry and prints the table; 1 on a lock-out."""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from images import build
from tests.integration.lockout.entries import Api, Command
from tests.integration.lockout.guest import run_in_guest
from tests.integration.lockout.runner import AT_ONCE, Trial, run_all
from tests.integration.lockout.scenarios import IN_GUEST, SCENARIOS
from tests.integration.lockout.table import table
from tests.integration.lockout.trial import HERE, Bad, Outcome

_UNGUARDED = "confirm every change at once, without proof: shows what the proof is for"
_WITHIN = "the time to confirm a change in seconds (%(default)s; the product's own is 50: takes most of an hour)"
_NO_GUEST = "leave out what needs a kernel of Debian's (VLANs, bonds, VRFs) and is tried in an emulated machine"
_MORE_S = 50  # than the time to confirm, until everything has to be quiet


def main() -> int:
    parser = argparse.ArgumentParser(prog="./trivet lockouts", description="bad network configurations, one by one")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only those whose names hold one of these")
    parser.add_argument("--unguarded", action="store_true", help=_UNGUARDED)
    parser.add_argument("--no-guest", action="store_true", help=_NO_GUEST)
    parser.add_argument("--within", type=int, default=HERE.within_s, metavar="S", help=_WITHIN)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help="how many side by side (%(default)s)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # machines are taken away then, too

    def chosen(bads: Iterable[Bad]) -> list[Bad]:
        return [bad for bad in bads if not given.names or any(name in bad.name for name in given.names)]

    def trials(bads: Iterable[Bad]) -> list[Trial]:
        return [Trial(bad, enter, guarded=not given.unguarded) for bad in bads for enter in (Command, Api)]

    here, there = chosen(SCENARIOS), [] if given.no_guest else chosen(IN_GUEST)
    back_s = 20 if given.unguarded else given.within + _MORE_S
    pace = replace(HERE, within_s=given.within, back_s=back_s)
    with tempfile.TemporaryDirectory(prefix="trivet-guest-", dir="/var/tmp") as work, ThreadPoolExecutor(1) as pool:
        guest = pool.submit(run_in_guest, Path(work), trials(there)) if there else None
        tree = build.build_node(build.DEFAULT_STORE, lambda message: print(message, file=sys.stderr))
        outcomes = asyncio.run(run_all(trials(here), tree, at_once=given.at_once, pace=pace, report=_report))
        if guest is not None:
            found = guest.result()
            for outcome in found:
                _report(outcome)
            outcomes += found
    print(table((*here, *there), outcomes))
    _save_logs([outcome for outcome in outcomes if outcome.wrong])
    return 1 if any(outcome.wrong or outcome.locked_out for outcome in outcomes) else 0


def _report(outcome: Outcome) -> None:
    print(f"{outcome.name}, {outcome.entry}: {outcome.end or '?'} {outcome.wrong}".rstrip(), file=sys.stderr)


def _save_logs(wrong: list[Outcome]) -> None:
    if not wrong:
        return
    logs = Path(tempfile.mkdtemp(prefix="trivet-lockouts-", dir="/var/tmp"))
    for outcome in wrong:
        (logs / f"{outcome.name}, {outcome.entry}").write_text(f"{outcome.wrong}\n{outcome.description}\n{outcome.log}")
    print(f"What the machines said lies in {logs}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
