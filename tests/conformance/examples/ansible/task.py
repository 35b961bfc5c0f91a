"""A documented task as a case: what it needs, what Ansible has to say of it, and the oracle."""

from dataclasses import dataclass

from tests.conformance.examples.case import Fixture, Oracle

CHANGES = (True, True, False)  # check mode, run, run again
READS = (False, False, False)
ALWAYS = (True, True, True)


@dataclass(frozen=True)
class Task:
    """`name` is that of the documented task. `changed`: what check mode, run, and run again have to say. Not
    `checkable`: the module's own check mode cannot end well, since it waits for what only a run brings about
    (`BaseModule.action` of its module_utils/ovirt.py) or looks that up. `reads` as in a Case."""

    name: str
    oracle: Oracle | None = None
    needs: tuple[Fixture, ...] = ()
    changed: tuple[bool, bool, bool] = CHANGES
    checkable: bool = True

    @property
    def reads(self) -> bool:
        return self.changed == READS
