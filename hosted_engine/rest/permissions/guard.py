"""The one place where it is asked whether the caller may do what a request asks for, before its handler is called."""

from collections.abc import Sequence
from dataclasses import replace

from hosted_engine.engine.jobs.model import Job
from hosted_engine.engine.permissions import operations
from hosted_engine.engine.permissions.access import Access
from hosted_engine.engine.permissions.objects import HOLDERS, THE_SYSTEM, exists, format_target, kind_of
from hosted_engine.engine.permissions.operations import Check, operation_of
from hosted_engine.engine.permissions.problems import AdministratorsOnly, NotPermitted, UserViewOnly
from hosted_engine.engine.permissions.view import View
from hosted_engine.engine.ports import Store, Transaction
from hosted_engine.engine.problems import NotThere
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.media.objects import Objects
from hosted_engine.rest.permissions import conditions, targets
from node.api.problems import Problem


class Guard:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, call: Call) -> Call:
        """The call, with what of it the caller is shown. Raises NotPermitted, UserViewOnly, AdministratorsOnly,
        NotThere."""
        return await self._store.read(lambda tx: admit(Access(tx, call.caller), call))

    async def admit_many(self, calls: Sequence[Call]) -> Sequence[Call | None]:
        """Those of one caller; None stands for one that is refused."""

        def read(tx: Transaction) -> Sequence[Call | None]:
            access = Access(tx, calls[0].caller)
            return [_admit_or_none(access, call) for call in calls]

        return await self._store.read(read)


def admit(access: Access, call: Call) -> Call:
    operation = operation_of(call.service.name, call.method.name)
    if operation.shown:
        return _reading(access, call, operation.shown)
    for check in operation.checks:
        _check(access, call, check)
    return call


def _admit_or_none(access: Access, call: Call) -> Call | None:
    try:
        return admit(access, call)
    except Problem:
        return None


def check_known(handlers: Handlers) -> None:
    """Raises TypeError for an operation of which nobody has said who may do it."""
    for service, method in handlers:
        operation_of(service, method)


def leave_out(call: Call, answer: Answer) -> Answer:
    """Whatever a handler answers, of a list nothing is shown that the caller does not see."""
    if (only := call.only) is None:
        return answer
    if isinstance(shown := answer.value, Objects):
        return replace(answer, value=replace(shown, rows=[row for row in shown.rows if row.id in only]))
    if isinstance(shown, list):
        return replace(answer, value=[one for one in shown if str(one["id"]) in only])
    return answer


def _check(access: Access, call: Call, check: Check) -> None:
    """Who has the permit on the system has it on everything: then the objects are not even looked for."""
    if access.may(check.permit, THE_SYSTEM) or not conditions.is_met(access.tx, call, check.condition):
        return
    for target in targets.of(access, call, check):
        if access.may(check.permit, target):
            continue
        if not exists(access.tx, target):
            raise NotThere(kind=kind_of(target.table), id=target.id)
        shown = format_target(access.tx, target, by_name=access.knows(target))
        raise NotPermitted(user=call.caller.user_name, permit=check.permit, object=shown)


def _reading(access: Access, call: Call, shown: str) -> Call:
    filtered = call.parameters.boolean("filter") or False
    full_view = access.is_administrator and not filtered
    if full_view or shown == operations.ALL or targets.is_oneself(call):
        return replace(call, full_view=full_view)
    if not filtered:
        raise UserViewOnly(path=call.path, user=call.caller.user_name)
    if shown == operations.ADMINISTRATORS or (shown == operations.GRANTERS and not access.may_grant):
        raise AdministratorsOnly(path=call.path, user=call.caller.user_name)
    only = _shown_ids(access, call, shown)
    if only is not None and call.method.name == "get" and (identity := targets.last_id(call)) not in only:
        raise NotThere(kind=kind_of(shown), id=identity)
    return replace(call, full_view=False, only=only)


def _shown_ids(access: Access, call: Call, shown: str) -> frozenset[str] | None:
    view = View(access)
    match shown:
        case operations.GRANTERS:
            return None
        case operations.OWN:
            return _own(access, call)
        case operations.WITHIN:
            around = targets.around(call)
            if around is None:
                raise AdministratorsOnly(path=call.path, user=call.caller.user_name)
            # Of other users nothing, even for one who may see that there are others.
            among = access.holders if around.table in HOLDERS else view.of(around.table)
            if among is not None and around.id not in among:
                raise NotThere(kind=kind_of(around.table), id=around.id)
            return None
    return view.of(shown)


def _own(access: Access, call: Call) -> frozenset[str] | None:
    tx, user = access.tx, access.caller.user_id
    if call.service.name.startswith("Event"):
        return frozenset(map(str, tx.events.ids(user_id=user)))
    jobs = frozenset(tx.of(Job).ids(owner_id=user))
    if call.service.name.startswith("Job"):
        return jobs
    if call.ids["job"] not in jobs:
        raise NotThere(kind="job", id=call.ids["job"])
    return None
