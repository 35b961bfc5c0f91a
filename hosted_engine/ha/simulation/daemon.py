"""trivet-ha of one simulated host: its loop in steps, between any two of which its host can lose power."""

from collections.abc import Callable
from typing import Protocol

from hosted_engine.ha.memory import after_action, after_decision, own_block, restore, stopped
from hosted_engine.ha.observe import first_view, next_view
from hosted_engine.ha.profiles import Profile
from hosted_engine.ha.states import Action, Outcome
from hosted_engine.ha.view import Decision, Facts, View
from hosted_engine.ha.whiteboard import HostBlock, decode_host, encode_host

Decide = Callable[[View], Decision]


class Machine(Protocol):
    """What a daemon can do on its host."""

    @property
    def host_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def wall_s(self) -> float: ...
    def observe(self, now: float, running: Action | None) -> Facts: ...
    def write(self, block: bytes) -> bool: ...
    def begin(self, decision: Decision, now: float) -> None: ...
    def reached(self, step: str, action: Action | None) -> bool:
        """True when power fails here."""
        ...

    def log(self, text: str) -> None: ...


class Daemon:
    def __init__(self, machine: Machine, decide: Decide, profile: Profile, boot_id: str, now: float) -> None:
        self._machine, self._decide, self._boot_id = machine, decide, boot_id
        self.view = first_view(machine.host_id, now, profile)
        self.memory = self.view.memory
        self.running: Action | None = None
        self.eager = False  # an action was done: the next round follows at once
        self._sequence = 0
        self._block: HostBlock | None = None

    def remember(self, block: bytes, now: float) -> None:
        """Goes on where an earlier daemon of this boot ended; its sequence goes on in any case."""
        found = decode_host(block, self._machine.host_id)
        self.memory = restore(found, self._boot_id, now)
        self._sequence = getattr(found, "sequence", 0)

    def round(self, now: float) -> None:
        machine = self._machine
        facts = machine.observe(now, self.running)
        if machine.reached("look", None):
            return
        self.view = next_view(self.view, facts, self.memory)
        decision = self._decide(self.view)
        if machine.reached("decide", decision.action):
            return
        self._note(decision)
        self.memory = after_decision(self.view, decision)
        self._write(decision)
        if machine.reached("write", decision.action):
            return
        if decision.action is not Action.NONE:
            self.running = decision.action
            machine.begin(decision, now)
        machine.reached("act", decision.action)

    def ended(self, outcome: Outcome, now: float) -> None:
        """What `running` was has ended."""
        if self.running is not None:
            self.memory = after_action(self.memory, self.running, outcome, now)
            self.eager = outcome is Outcome.DONE
            self.running = None

    def stop(self) -> None:
        if self._block is not None:
            self._machine.write(encode_host(stopped(self._block, self._sequence + 1), 512))

    def _write(self, decision: Decision) -> None:
        self._block = own_block(
            self.view,
            decision,
            self.memory,
            self._sequence + 1,
            boot_id=self._boot_id,
            name=self._machine.name,
            written_at=self._machine.wall_s,
        )
        if self._machine.write(encode_host(self._block, 512)):
            self._sequence += 1

    def _note(self, decision: Decision) -> None:
        before = self.memory.state
        if decision.state is not before:
            self._machine.log(f"{before} -> {decision.state}: {decision.reason}")
        elif decision.action is not Action.NONE:
            self._machine.log(f"{decision.state}: {decision.reason}")
