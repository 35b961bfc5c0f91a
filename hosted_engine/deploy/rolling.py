"""How the timers of a site that runs are changed: node by node, each without the engine meanwhile. Pure.

All nodes of a site have to count the same `watchdog_fire_timeout`. While they do not, `site.json` says that hosts are
to wait longer than their own sanlock before they take a lease (`lease_grace_s`): it is written before the first node is
changed, and taken back when every node of the site has been seen with its new timers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import LOCKSPACE
from hosted_engine.deploy.desired_state import lease_timers
from node.api.messages.leases import LeaseTimersReport

REASON = "the timers of its leases are changed by a deploy"  # of a node's maintenance


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """Which of its two forms volume engine holds; neither: another one, or none."""

    current: bool = False
    changing: bool = False


@dataclass(frozen=True, slots=True)
class Rolling:
    """`nodes` are to be changed, in this order; `changes`: some of them have other timers. `waits_for`: nodes that have
    to answer first. `prepare`, `finish`, `write`: the site's files are to be written in the one form, in the other at
    the end, or in the other at once."""

    nodes: tuple[str, ...] = ()
    changes: bool = False
    waits_for: tuple[str, ...] = ()
    prepare: bool = False
    finish: bool = False
    write: bool = False

    @property
    def why_waits(self) -> str | None:
        if not self.waits_for:
            return None
        return (
            f"the timers of {', '.join(self.nodes)} were not changed: {', '.join(self.waits_for)} does not answer, and "
            "all nodes of a site have to count alike"
        )


def why_not_set(answers: Answers, timers: LeaseTimersReport | None) -> str | None:
    """A lockspace that a node is not in is joined as it should be."""
    wanted = lease_timers(answers)
    if timers is None:
        return "its sanlock does not answer"
    if timers.watchdog_fire_timeout_s != wanted.watchdog_fire_timeout_s:
        return f"watchdog_fire_timeout is {timers.watchdog_fire_timeout_s} s"
    io_timeout_s = timers.io_timeouts_s.get(LOCKSPACE)
    if io_timeout_s not in (None, wanted.io_timeouts_s[LOCKSPACE]):
        return f"io_timeout is {io_timeout_s} s"
    return None


def roll(
    answers: Answers,
    timers: Mapping[str, LeaseTimersReport],
    *,
    left: frozenset[str],
    running_on: str | None,
    files: SiteFiles,
    unreachable: tuple[str, ...],
) -> Rolling:
    """`timers` of the nodes that are, or are about to be, in the lockspace; `left`: those that an earlier run has left
    in maintenance."""
    differ = {name for name, found in timers.items() if why_not_set(answers, found) is not None}
    nodes = sorted(differ | left, key=lambda name: (name == running_on, name))
    if not nodes:
        return Rolling(write=not (files.current or (files.changing and unreachable)))
    return Rolling(
        nodes=tuple(nodes),
        changes=bool(differ),
        waits_for=unreachable,
        prepare=not files.changing and bool(differ),
        finish=not unreachable and (bool(differ) or not files.current),
    )
