"""What a client says to start a VM, and the command that it becomes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.entity.field import Field, Reference
from hosted_engine.engine.entity.structure import merged
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.vms.commands.resume import ResumeVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.suspend import ResumeSuspendedVm
from hosted_engine.engine.vms.initialization.checks import good_members
from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.initialization.seed import InitializationType
from hosted_engine.engine.vms.model import Vm, VmStatus
from hosted_engine.engine.vms.next_run import with_next_run
from hosted_engine.engine.vms.rules import known_display, known_machine, plain_word
from hosted_engine.engine.vms.run_once import INPUTS, RunOnce

START_INPUTS: Mapping[str, Field] = {
    "node_ids": Reference("vm.placement_policy.hosts", to="nodes"),
    "paused": Field("pause"),
    "use_cloud_init": Field("use_cloud_init"),
    "use_sysprep": Field("use_sysprep"),
    "use_initialization": Field("use_initialization"),
    "authorized_key": Field("authorized_key.key"),
    "stateless": Field("vm.stateless"),
    **INPUTS,
}
NOT_OF_A_START = dict.fromkeys(("attach_wgt", "filter", "use_ignition", "volatile"), False)
RULES = {"custom_cpu": plain_word, "custom_machine": known_machine, "display_type": known_display}
OF_THE_RUN = frozenset({"node_ids", "paused"})


def start(tx: Transaction, vm: Vm, given: Values) -> Command:
    """A paused one goes on, and a suspended one, as in oVirt."""
    if vm.status is VmStatus.PAUSED and not given:
        return ResumeVm(id=vm.id)
    node_ids, paused = given.get("node_ids", ()), given.get("paused", False)
    if vm.status is VmStatus.SUSPENDED:
        if others := {name for name, value in given.items() if value not in (False, None)} - OF_THE_RUN:
            reason = f"it goes on from its memory, and {', '.join(sorted(others))} cannot count for that"
            raise WrongState(action="run", kind="VM", name=vm.name, reason=reason, mend="Power it off first")
        return ResumeSuspendedVm(id=vm.id, node_ids=node_ids, paused=paused)
    asked, run_once = _asked_for(given), _run_once(tx, with_next_run(vm), given)
    if asked is InitializationType.NONE and run_once is not None and run_once.initialization is not None:
        reason = "a key or an initialization is given, which nobody would be told"
        raise BadValue(value="false", field="action.use_cloud_init", reason=reason)
    return StartVm(
        id=vm.id,
        node_ids=node_ids,
        paused=paused,
        stateless=given.get("stateless"),
        run_once=run_once,
        initialization_type=asked,
        initialize=given.get("use_initialization", False),
    )


def _run_once(tx: Transaction, vm: Vm, given: Values) -> RunOnce | None:
    said: dict[str, Any] = {
        name: RULES[name](given[name], f"action.{INPUTS[name].wire}") if name in RULES else given[name]
        for name in INPUTS
        if name in given
    }
    if "initialization" in said:
        members = good_members(said["initialization"], "action.vm.initialization")
        said["initialization"] = merged(tx.secrets, Initialization, vm.initialization, members)
    if key := given.get("authorized_key", "").strip():
        said["initialization"] = _with_key(said.get("initialization") or vm.initialization, key)
    if not said and not {"node_ids", "stateless"} & given.keys():
        return None
    return msgspec.convert({name: value for name, value in said.items() if value is not None}, RunOnce)


def _with_key(initialization: Initialization | None, key: str) -> Initialization:
    initialization = initialization or Initialization()
    keys = "\n".join(filter(None, (initialization.authorized_ssh_keys.strip(), key)))
    return msgspec.structs.replace(initialization, authorized_ssh_keys=keys)


def _asked_for(given: Values) -> InitializationType | None:
    """None leaves it to the engine; one that is false says that there is to be none."""
    cloud_init, sysprep = given.get("use_cloud_init"), given.get("use_sysprep")
    if cloud_init and sysprep:
        raise BadValue(value="true", field="action.use_sysprep", reason="use_cloud_init is true as well")
    if cloud_init:
        return InitializationType.CLOUD_INIT
    if sysprep:
        return InitializationType.SYSPREP
    return InitializationType.NONE if False in (cloud_init, sysprep) else None
