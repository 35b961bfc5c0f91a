"""Random schedules of partitions, crashes and other mishaps, repeatable by number, and how a bad one is shrunk."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from hosted_engine.ha.decide import decide as real_decide
from hosted_engine.ha.profiles import DEFAULT, FAST
from hosted_engine.ha.simulation.cluster import Setup
from hosted_engine.ha.simulation.events import Event
from hosted_engine.ha.simulation.invariants import Violation, recovery_s
from hosted_engine.ha.simulation.scenario import Run, Scenario, run
from hosted_engine.ha.view import Decision, View

STEADY_S = 30.0
BOOT_S = 8.0
Decide = Callable[[View], Decision]


def schedule(number: int) -> Scenario:
    """The schedule with this number: the same at any time and anywhere."""
    rnd = Random(number)
    nodes = rnd.choices((1, 2, 3, 4, 5), (4, 4, 70, 12, 10))[0]
    setup = Setup(
        nodes=nodes,
        profile=FAST if rnd.random() < 0.7 else DEFAULT,
        engine_on=None if rnd.random() < 0.08 else rnd.randint(1, nodes),
        fences=rnd.random() < 0.25,
        boot_s=BOOT_S,
        seed=number,
    )
    at = 2.0 + rnd.random() * 8
    events = [] if setup.engine_on is not None else _all_on(rnd, nodes)
    for _ in range(rnd.choice((1, 2, 2, 3, 3, 4, 5, 7))):
        events.append(Event(at, _mishap(rnd, nodes)))
        at += rnd.choice((0, 1, 2, rnd.randint(3, 15), rnd.randint(10, 60)))
    if rnd.random() < 0.7:
        at += rnd.choice((1, rnd.randint(5, 90)))
        events += _healing(rnd, at, nodes)
    return scenario(setup, events)


def scenario(setup: Setup, events: list[Event]) -> Scenario:
    until = max((e.at for e in events), default=0) + recovery_s(setup.profile, setup.nodes, setup.boot_s) + 20
    return Scenario(setup=setup, events=tuple(sorted(events, key=lambda e: e.at)), until=until)


def try_schedule(found: Scenario, decide: Decide = real_decide) -> Run:
    return run(found, decide, steady_s=STEADY_S)


def shrink(found: Scenario, kind: str, decide: Decide = real_decide) -> Scenario:
    """The same breach with as few events as can be, by leaving one after the other out."""
    events = list(found.events)
    smaller = True
    while smaller:
        smaller = False
        for index in reversed(range(len(events))):
            fewer = scenario(found.setup, events[:index] + events[index + 1 :])
            if any(v.kind == kind for v in try_schedule(fewer, decide).violations):
                events, smaller = list(fewer.events), True
    return scenario(found.setup, events)


def save(found: Scenario, violation: Violation, folder: Path) -> None:
    """Write it down as a scenario, to be tried for ever after."""
    folder.mkdir(parents=True, exist_ok=True)
    setup = found.setup
    (folder / "cluster.toml").write_text(
        f"# {violation.kind}: {violation.text}\nuntil = {found.until:g}\nnodes = {setup.nodes}\n"
        f'profile = "{setup.profile.name}"\nengine_on = {setup.engine_on or 0}\n'
        f"fences = {str(setup.fences).lower()}\nboot_s = {setup.boot_s:g}\n"
        + ("" if setup.seed is None else f"seed = {setup.seed}\n")
    )
    (folder / "events.txt").write_text("".join(f"{event}\n" for event in found.events))


def _all_on(rnd: Random, nodes: int) -> list[Event]:
    return [Event(float(rnd.randint(0, 30)), ("power", "on", f"node{n}")) for n in range(1, nodes + 1)]


def _mishap(rnd: Random, nodes: int) -> tuple[str, ...]:
    one = f"node{rnd.randint(1, nodes)}"
    other = f"node{rnd.randint(1, nodes)}"
    menu: tuple[tuple[int, tuple[str, ...]], ...] = (
        (10, ("power", "off", one)),
        (6, ("power", "on", one)),
        (4, ("reset", one)),
        (5, ("freeze", one, str(rnd.choice((3, 15, 30, 45, 80, 150))))),
        (8, ("crash", one, "after", rnd.choice(("look", "decide", "write", "act", "torn")))),
        (6, ("crash", one, "after", rnd.choice(("decide", "write", "act")), rnd.choice(("start", "migrate", "stop")))),
        (8, ("cut", one)),
        (6, ("cut", one, other) if other != one else ("cut", one)),
        (6, ("heal", "all")),
        (4, ("heal", one)),
        (5, ("storage", "cut", one)),
        (4, ("storage", "heal", one)),
        (5, ("storage", "stall", rnd.choice((one, "all")), str(rnd.choice((3, 8, 14, 30, 60))))),
        (1, ("storage", "full")),
        (2, ("storage", "free")),
        (6, ("ha", "kill", one)),
        (2, ("ha", "stop", one)),
        (2, ("ha", "start", one)),
        (5, ("vm", rnd.choice(("kill", "pause", "hang", "recover", "reboot")))),
        (1, ("vm", "stick")),
        (3, ("start", rnd.choice(("breaks", "works")), one)),
        (3, ("migration", rnd.choice(("breaks", "works")), one)),
        (2, ("device", rnd.choice(("breaks", "works")), one)),
        (4, ("maintenance", rnd.choice(("global", "none")))),
        (4, ("maintenance", "local", one)),
        (3, ("activate", one)),
        (4, ("set", one, "network", rnd.choice(("0", "0.4", "1", "null")))),
        (2, ("set", one, "load", rnd.choice(("0.1", "0.95", "null")))),
        (2, ("set", one, "memory", rnd.choice(("100", "8192", "null")))),
        (1, ("set", one, "bridge", rnd.choice(("up", "down")))),
        (3, ("lie", one, *_lie(rnd))),
        (3, ("truth", one)),
        (1, ("lag", one, str(rnd.choice((5, 20))))),
        (3, ("block", one, rnd.choice(("zeroed", "torn", "future", "foreign", "other")))),
        (2, ("cluster", rnd.choice(("zeroed", "torn", "one-torn", "future")))),
        (1, ("lease", rnd.choice(("unreadable", "readable")))),
        (2, ("clock", one, str(rnd.choice((-500000000, 3600, 900000000))))),
    )
    return rnd.choices([words for _, words in menu], [weight for weight, _ in menu])[0]


def _lie(rnd: Random) -> tuple[str, str]:
    return rnd.choice(
        (
            ("vm", "running"),
            ("vm", "absent"),
            ("vm", "unknown"),
            ("health", "bad"),
            ("health", "good"),
            ("health", "unknown"),
            ("lease", "free"),
            ("lease", "unknown"),
            ("lease", "unreadable"),
        )
    )


def _healing(rnd: Random, at: float, nodes: int) -> list[Event]:
    """All is made whole, the hosts are switched on in any order; now and then one is dead for ever."""
    names = [f"node{n}" for n in range(1, nodes + 1)]
    dead = rnd.choice(names) if nodes >= 3 and rnd.random() < 0.3 else None
    events = [Event(at, ("heal", "all")), Event(at, ("storage", "free")), Event(at, ("lease", "readable"))]
    events.append(Event(at, ("maintenance", "none")))
    for name in names:
        events += [
            Event(at, ("storage", "heal", name)),
            Event(at, ("start", "works", name)),
            Event(at, ("truth", name)),
            Event(at, ("activate", name)),
            Event(at, ("ha", "start", name)),
            Event(at + rnd.randint(0, 20), ("power", "off" if name == dead else "on", name)),
        ]
    return events
