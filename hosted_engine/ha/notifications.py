"""What of a round is worth telling people, by whom, and how often. Pure.

A round is a handful of facts. One that is other than it was is news. What concerns this host is told by itself; what
concerns the cluster by the host that has the engine, and while nobody has it by the one that starts it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hosted_engine.ha.failover import Failover
from hosted_engine.ha.ranking import find_claimant, is_alive, unseen_for_s
from hosted_engine.ha.states import State
from hosted_engine.ha.view import Decision, Peer, View
from hosted_engine.ha.whiteboard import HostBlock

HOUR_S = 3600.0
AGAIN_S = 600.0  # the same news is not told twice within this time
SUMMARY_S = 600.0  # what was held back is summed up after this time
NOWHERE_S = 120.0  # somebody says by then that nobody starts the engine
SICK_S, BLIND_S = 15.0, 30.0
CLOCK_S = 5.0
DROP_S = 20.0  # longer than a dead host still counts as one that has the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`text` is the sentence for people; an empty one is never told. `stable_s`: it counts once it holds for so long.

    `of_cluster`: all hosts see it, one tells it.
    """

    key: str
    value: str
    text: str
    stable_s: float = 0.0
    of_cluster: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something about this host. An empty `text`: there is none; `over` is told when there was."""

    key: str
    text: str
    over: str = ""
    stable_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Notice:
    """`since`: seen here by the monotonic clock."""

    key: str
    text: str
    since: float


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is known and what was reported. `known`: values by key; `changing`: the next value and since when;
    `reported`: when each text was."""

    known: Mapping[str, str] = field(default_factory=lambda: {"nowhere": "no"})
    changing: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    pending: tuple[Notice, ...] = ()
    reported: Mapping[str, float] = field(default_factory=dict)
    sent_at: tuple[float, ...] = ()
    postponed: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round says, and this host's place in it. `is_first`: of the living hosts it has the lowest number."""

    now: float
    facts: tuple[Fact, ...]
    has_engine: bool
    engine_elsewhere: bool
    is_first: bool


def observe_round(
    view: View,
    decision: Decision,
    *,
    names: Mapping[int, str],
    cluster_block: str,
    failover: Failover | None,
    troubles: Sequence[Trouble] = (),
) -> Round:
    """`failover`: one that this host measured and that got further in this round."""
    has_engine, claimant = view.vm.is_here, find_claimant(view)
    living = [view.host_id, *(peer.host_id for peer in view.peers if is_alive(view, peer))]
    facts = (
        *_own(view, decision, names[view.host_id], failover),
        *map(_trouble, troubles),
        *_of_cluster(view, names, cluster_block, nowhere=not has_engine and claimant is None),
    )
    return Round(
        now=view.now,
        facts=facts,
        has_engine=has_engine,
        engine_elsewhere=not has_engine and claimant is not None,
        is_first=min(living) == view.host_id,
    )


def learn(book: Book, observed: Round) -> tuple[Book, tuple[Notice, ...]]:
    """What this host has to tell now. The first value of a fact is no news."""
    known, changing, pending = dict(book.known), dict(book.changing), list(book.pending)
    due: list[Notice] = []
    for fact in observed.facts:
        if fact.key not in known or known[fact.key] == fact.value:
            known[fact.key] = fact.value
            changing.pop(fact.key, None)
            continue
        value, since = changing.get(fact.key, ("", observed.now))
        changing[fact.key] = (fact.value, since if value == fact.value else observed.now)
        if observed.now - changing[fact.key][1] < fact.stable_s:
            continue
        known[fact.key] = fact.value
        del changing[fact.key]
        if fact.text:
            (pending if fact.of_cluster else due).append(Notice(fact.key, fact.text, observed.now))
    reported, pending = _divide(pending, observed, is_nowhere=known.get("nowhere") == "yes")
    return replace(book, known=known, changing=changing, pending=tuple(pending)), (*reported, *due)


def admit(book: Book, notices: tuple[Notice, ...], now: float, per_hour: int) -> tuple[Book, tuple[Message, ...]]:
    """What may be sent now: nothing twice within ten minutes, no more than `per_hour`; the rest is summed up later."""
    sent = [at for at in book.sent_at if now - at < HOUR_S]
    reported = {text: at for text, at in book.reported.items() if now - at < AGAIN_S}
    postponed, messages = list(book.postponed), []
    for one in notices:
        if one.text in reported or len(sent) >= per_hour or any(before.key == one.key for before in postponed):
            postponed.append(one)
            continue
        reported[one.text] = now
        sent.append(now)
        messages.append(Message(one.text, one.text))
    if postponed and len(sent) < per_hour and now - postponed[0].since >= SUMMARY_S:
        messages.append(summary(postponed))
        reported |= {one.text: now for one in _last_of_each(postponed)}
        sent.append(now)
        postponed = []
    return replace(book, sent_at=tuple(sent), reported=reported, postponed=tuple(postponed)), tuple(messages)


def summary(postponed: list[Notice]) -> Message:
    """How often each thing changed, and how it is now."""
    lines = []
    for one in _last_of_each(postponed):
        times = sum(1 for other in postponed if other.key == one.key)
        lines.append(f"{one.text} (changed {times} times)" if times > 1 else one.text)
    return Message(
        f"{len(postponed)} more changes",
        f"{len(postponed)} changes were held back, because too many came at once. As it is now:\n" + "\n".join(lines),
    )


def _divide(pending: list[Notice], observed: Round, *, is_nowhere: bool) -> tuple[list[Notice], list[Notice]]:
    """What of the cluster's news to tell, and what to keep: whoever has the engine tells it, or starts it later."""
    if observed.has_engine:
        return pending, []
    if is_nowhere:
        return (pending if observed.is_first else []), []
    if observed.engine_elsewhere:
        return [], [one for one in pending if observed.now - one.since < DROP_S]
    return [], pending


def _last_of_each(postponed: list[Notice]) -> list[Notice]:
    return list({one.key: one for one in postponed}.values())


def _own(view: View, decision: Decision, name: str, failover: Failover | None) -> Iterator[Fact]:
    yield _engine(decision, name, failover)
    failed = view.memory.failed_starts
    is_new = bool(failed) and view.now - failed[-1] < view.profile.start_backoff_s  # older ones only run out
    text = f"A start of the engine failed on {name}, number {len(failed)} within 10 minutes: see trivet ha history"
    yield Fact(key="failed_starts", value=str(len(failed)), text=text if is_new else "")
    on = view.local_maintenance
    yield Fact(
        key="local_maintenance",
        value=_yes(on),
        text=f"{name} is in maintenance" if on else f"{name} is not in maintenance any more",
    )
    yield Fact(
        key="clock",
        value=_yes(bool(view.clock_trouble)),
        text=view.clock_trouble or f"The clocks of {name} and its engine are right again",
        stable_s=CLOCK_S,
    )
    if view.storage.readable is not None:
        yield Fact(
            key="readable",
            value=_yes(view.storage.readable),
            text=f"{name} {'can read volume engine again' if view.storage.readable else 'cannot read volume engine'}",
            stable_s=BLIND_S,
        )
    if view.storage.full is not None and view.vm.is_here:
        full = "is full: the engine pauses, and goes on when there is room" if view.storage.full else "has room again"
        yield Fact(key="full", value=_yes(view.storage.full), text=f"Volume engine {full}")


def _trouble(one: Trouble) -> Fact:
    return Fact(key=one.key, value=_yes(bool(one.text)), text=one.text or one.over, stable_s=one.stable_s)


def _engine(decision: Decision, name: str, failover: Failover | None) -> Fact:
    """Whether the engine is here, and how it is."""

    def fact(value: str, text: str, stable_s: float = 0.0) -> Fact:
        return Fact(key="engine", value=value, text=text, stable_s=stable_s)

    match decision.state:
        case State.ENGINE_STARTING:
            return fact("starting", f"The engine VM was started on {name}")
        case State.ENGINE_UP:
            return fact("up", f"The engine is up on {name}{_after(failover)}")
        case State.ENGINE_UP_BAD_HEALTH:
            return fact("sick", f"The engine on {name} is not well: {decision.reason}", SICK_S)
        case State.ENGINE_STOP | State.ENGINE_FORCE_STOP:
            return fact("stopping", f"The engine is being stopped on {name}: {decision.reason}")
        case State.ENGINE_UNEXPECTEDLY_DOWN:
            return fact("ended", f"The engine VM ended by itself on {name}")
    return fact("away", "")


def _after(failover: Failover | None) -> str:
    if failover is None or failover.healthy_s is None:
        return ""
    return f", {failover.healthy_s:.0f} s after the last heartbeat of it on {failover.from_host}"


def _of_cluster(view: View, names: Mapping[int, str], cluster_block: str, *, nowhere: bool) -> Iterator[Fact]:
    for peer in view.peers:
        if (fact := _peer(view, peer, names.get(peer.host_id, f"host {peer.host_id}"))) is not None:
            yield fact
    if view.global_maintenance is not None:
        on = view.global_maintenance
        text = "Global maintenance: nobody starts, stops or moves the engine" if on else "Global maintenance has ended"
        yield Fact(key="global_maintenance", value=_yes(on), text=text, of_cluster=True)
    if cluster_block:
        good = cluster_block == "good"
        text = "is good again" if good else f"is bad ({cluster_block}): see trivet ha status"
        text = f"The cluster's block on the whiteboard {text}"
        yield Fact(key="cluster_block", value=cluster_block, text=text, stable_s=SICK_S, of_cluster=True)
    if view.storage.readable:
        text = f"The engine has been nowhere for {NOWHERE_S:.0f} s: see trivet ha why on each host" if nowhere else ""
        yield Fact(
            key="nowhere", value=_yes(nowhere), text=text, stable_s=NOWHERE_S if nowhere else 0.0, of_cluster=True
        )


def _peer(view: View, peer: Peer, name: str) -> Fact | None:
    """None while nobody can know yet whether it lives."""
    if not view.storage.readable:
        return None
    if not is_alive(view, peer):
        if unseen_for_s(view, peer) < view.profile.lost_after_s:
            return None
        stopped = isinstance(peer.block, HostBlock) and peer.block.state is State.AGENT_STOPPED
        text = f"trivet-ha on {name} was stopped" if stopped else f"{name} is lost: it does not write any more"
        return Fact(key=f"host {name}", value="lost", text=text, of_cluster=True)
    return Fact(key=f"host {name}", value="there", text=f"{name} is back", of_cluster=True)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
