"""The agent's own parts: it waits while its files are damaged, and all of its threads end with it."""

from pathlib import Path

import pytest

from node.registration.membership import RECOVER
from node.wiring import site
from node.wiring.pools import Pools
from tests.fakes.authority import FakeAuthority
from tests.fakes.clock import FakeClock
from tests.unit.node.test_membership import Node, claim_for


class MendingClock(FakeClock):
    """Somebody mends the file meanwhile."""

    def __init__(self, file: Path, content: bytes) -> None:
        super().__init__()
        self._file, self._content, self.sleeps = file, content, 0

    async def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        if self.sleeps == 2:
            self._file.write_bytes(self._content)
        await super().sleep(seconds)


async def test_a_member_with_damaged_files_waits_says_why_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, said = Node(tmp_path / "node"), list[str]()
    node.membership.claim(claim_for(node, FakeAuthority()))
    file = tmp_path / "node/cert.pem"
    clock = MendingClock(file, file.read_bytes())
    file.write_text("garbage")
    monkeypatch.setattr(site, "notify", said.append)
    await site.until_usable(node.membership, clock)
    assert clock.sleeps == 2
    assert all(one.startswith("READY=1\nSTATUS=cert.pem of the node is damaged") and RECOVER in one for one in said)


async def test_closed_threads_take_no_more_calls() -> None:
    pools = Pools()
    assert await pools.quick(lambda: 7) == 7
    pools.close()
    for threads in vars(pools).values():
        with pytest.raises(RuntimeError):
            await threads(lambda: 7)
