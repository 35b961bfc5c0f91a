"""The machine's own node: each operation goes to the part that has it, what blocks into a thread."""

import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from node.api.messages.events import EventKind
from node.api.messages.identity import Claim, Leave
from node.api.messages.vms import VmReport
from node.api.refusals import NotBare
from node.clock import SystemClock
from node.host import Host
from node.registration.join_files import JoinFiles
from node.registration.leaving import Leaving
from node.registration.membership import Membership
from node.system.threads import Threads
from tests.fakes.authority import FakeAuthority
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.vms import FakeVms

CODE = "ABCD-EFGH-0123-4567"


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    threads = Threads("blocking", 1)
    yield threads
    threads.close()


async def test_what_is_no_coroutine_has_a_thread_and_what_is_one_has_the_loop(threads: Threads) -> None:
    fake = FakeNode()
    ran_in: list[str] = []

    class Vms(FakeVms):
        def vm(self, vm_id: str) -> VmReport | None:
            ran_in.append(threading.current_thread().name)
            return None

        async def vms(self) -> tuple[VmReport, ...]:  # type: ignore[override]
            ran_in.append(threading.current_thread().name)
            return ()

    parts = [part for part in fake.parts if part is not fake.machines]
    host = Host(threads, [*parts, Vms(fake.site, lambda: 0.0, lambda _: None)])
    assert await host.vm("11111111-1111-4111-8111-111111111111") is None
    assert await host.vms() == ()
    assert ran_in == ["blocking_0", threading.current_thread().name]


async def test_events_come_as_the_part_tells_them(threads: Threads) -> None:
    fake = FakeNode()
    events = Host(threads, fake.parts).events()
    assert (await anext(events)).kind is EventKind.HELLO
    fake.heartbeat()
    assert (await anext(events)).kind is EventKind.HEARTBEAT


@pytest.mark.parametrize("continue_asking", [False, True])
async def test_a_node_leaves_its_site_when_nothing_of_the_site_is_on_it(
    continue_asking: bool, threads: Threads, tmp_path: Path
) -> None:
    authority, left = FakeAuthority(), ["VM mail"]
    joins, leave = JoinFiles(tmp_path, tmp_path), Leave(claim_code=CODE, continue_asking=continue_asking)
    joins.want("192.0.2.10", 443, "0" * 64)
    own = Membership(
        tmp_path,
        "node1",
        clock=SystemClock(),
        addresses=lambda: ["127.0.0.1"],
        on_membership_changed=lambda: None,
        trusts=(),
    )
    own.prepare()
    certificate = authority.sign_request(own.identity().certificate_request_pem, "node1")
    own.claim(Claim(certificate_pem=certificate, authority_pem=authority.pem))

    async def things() -> Sequence[str]:
        return left

    leaving = Leaving(own, joins, threads, things=things)
    with pytest.raises(NotBare, match="VM mail"):
        await leaving.leave(leave)
    assert own.claimed
    assert joins.wanted() is not None
    left.clear()
    await leaving.leave(leave)
    assert not own.claimed
    assert own.knows_claim_code(CODE)
    assert (joins.wanted() is not None) is continue_asking
