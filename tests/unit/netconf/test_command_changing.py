"""`trivet net apply`, `confirm`, `rollback`, `why` over a network in memory."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netconf.command import net
from netconf.command.environment import Environment
from netconf.kernel.conversations import Conversation
from netconf.kernel.rollback import KernelRollback
from netconf.kernel.state import KernelState
from netconf.model import NetworkState
from netconf.proofs.name_servers import NameServersStillAnswer, Servers
from netconf.proofs.peers import Asking
from tests.fakes.kernel import FakeKernel
from tests.fakes.network import FakeNetwork
from tests.unit.netconf.states import BEFORE, DOCUMENT

_DESIRED = json.dumps(DOCUMENT)


class _Trivet:
    def __init__(self, folder: Path) -> None:
        self.fake, self.kernel = FakeNetwork(BEFORE), FakeNetwork(BEFORE, name="kernel")
        self._folder = folder

    def __call__(self, *arguments: str, desired: str = _DESIRED) -> Result:
        around = Environment(
            folder=self._folder,
            backend=lambda name: self.kernel if name == "kernel" else self.fake,
            rollback=lambda: KernelRollback(
                folder=self._folder / "deputy", executor=lambda _: FakeKernel(KernelState())
            ),
        )
        return CliRunner().invoke(net, arguments, obj=around, input=desired)


@pytest.fixture
def trivet(tmp_path: Path) -> _Trivet:
    return _Trivet(tmp_path)


def test_a_dry_run_changes_nothing(trivet: _Trivet) -> None:
    ended = trivet("apply", "--confirm-by", "gateway", "--dry-run")
    assert ended.exit_code == 0
    assert "Make the bridge ovirtmgmt over host0 with 192.0.2.11/24" in ended.output
    assert trivet.fake.now == BEFORE


_FAR = {"destination": "198.18.0.0/15", "next-hop-address": "203.0.113.1", "next-hop-interface": "host0"}
_WARNS = json.dumps({"routes": {"config": [_FAR]}})


@pytest.mark.parametrize("arguments", [("plan",), ("apply", "--dry-run", "--confirm-by", "nothing")])
def test_what_may_become_of_a_change_is_told(trivet: _Trivet, arguments: tuple[str, ...]) -> None:
    last = trivet(*arguments, desired=_WARNS).output.splitlines()[-1]
    assert last.startswith("Warning: The gateway 203.0.113.1 is in no network of host0")
    found = json.loads(trivet(*arguments, "--json", desired=_WARNS).stdout)
    assert [step["says"] for step in found["steps"]] == ["Route 198.18.0.0/15 over 203.0.113.1 on host0"]
    (warning,) = found["warnings"]
    assert last == f"Warning: {warning}"
    assert json.loads(trivet(*arguments, "--json", desired=_DESIRED).stdout)["warnings"] == []


def test_what_is_warned_of_is_told_with_the_change(trivet: _Trivet) -> None:
    ended = trivet("apply", "--confirm-by", "nothing", "--json", desired=_WARNS)
    assert "Warning: The gateway 203.0.113.1" in ended.stderr
    assert json.loads(ended.stdout)["warnings"]


def test_what_goes_without_a_word_is_refused_with_both_ways(trivet: _Trivet) -> None:
    said = {"name": "br0", "type": "linux-bridge", "bridge": {"port": [{"name": "host0"}]}}
    for arguments in (("plan",), ("apply", "--confirm-by", "nothing")):
        ended = trivet(*arguments, desired=json.dumps({"interfaces": [said]}))
        assert ended.exit_code == 1
        assert "192.0.2.11/24, Route 0.0.0.0/0 over 192.0.2.1 on host0 would go" in ended.output
        assert "Give it to br0" in ended.output
        assert "{name: host0, ipv4: {enabled: false}}" in ended.output
    assert trivet.fake.now == BEFORE


def test_proven_it_is_kept(trivet: _Trivet) -> None:
    ended = trivet("apply", "--confirm-by", "name=localhost")
    assert (ended.exit_code, len(trivet.fake.confirmed)) == (0, 1)
    assert ended.output.splitlines()[-1] == "The change is kept"
    assert "The network is already so" in trivet("apply", "--confirm-by", "gateway").output


def test_not_proven_it_goes_back(trivet: _Trivet) -> None:
    ended = trivet("apply", "--confirm-by", "site", "--within", "5")
    assert (ended.exit_code, trivet.fake.now) == (1, BEFORE)
    assert "this node belongs to no site" in ended.output
    assert "was not kept" in trivet("why").output


class _Talks:
    """An engine that this machine talks to and that answers so many times, and a name server that does so often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, answers: int, names: int = 0) -> None:
        self._left, self._names = answers, names
        monkeypatch.setattr("netconf.command.proofs.gateways", tuple)
        monkeypatch.setattr("netconf.command.proofs.Asking", lambda: Asking(talks=self._talks, run=self._run))
        monkeypatch.setattr("netconf.proofs.peers._refuses_or_takes", self._nothing)
        monkeypatch.setattr("netconf.command.proofs.NameServersStillAnswer", self._name_servers)

    def _name_servers(self, servers: Servers, desired: NetworkState) -> NameServersStillAnswer:
        return NameServersStillAnswer(servers, desired, asks=self._asks)

    async def _asks(self, server: str) -> bool:
        assert server == "192.0.2.1"
        self._names -= 1
        return self._names >= 0

    def _talks(self) -> tuple[Conversation, ...]:
        return (Conversation("198.51.100.10", 443, 0),)

    async def _run(self, *argv: str, timeout_s: float = 5) -> bool:
        self._left -= 1
        return self._left >= 0

    async def _nothing(self, _: object) -> bool:
        return False


def test_usually_whoever_it_talks_to_has_to_answer(trivet: _Trivet, monkeypatch: pytest.MonkeyPatch) -> None:
    _Talks(monkeypatch, answers=2)
    ended = trivet("apply")
    assert ended.exit_code == 0, ended.output
    assert len(trivet.fake.confirmed) == 1


def test_usually_it_goes_back_when_one_does_not_any_more(trivet: _Trivet, monkeypatch: pytest.MonkeyPatch) -> None:
    _Talks(monkeypatch, answers=1)
    ended = trivet("apply", "--within", "5")
    assert (ended.exit_code, trivet.fake.now) == (1, BEFORE)
    assert "no answer any more from 198.51.100.10 (--confirm-by says who need not answer)" in ended.output


@pytest.mark.parametrize(("names", "confirmed"), [(0, True), (1, False), (2, True)])
def test_usually_a_name_server_that_answered_has_to(
    trivet: _Trivet, monkeypatch: pytest.MonkeyPatch, names: int, confirmed: bool
) -> None:
    _Talks(monkeypatch, answers=9, names=names)
    ended = trivet("apply", "--within", "5")
    assert (ended.exit_code == 0, bool(trivet.fake.confirmed)) == (confirmed, confirmed)
    assert ("no name server answers any more, of 192.0.2.1" in ended.output) is not confirmed


def test_usually_somebody_has_to_be_there_to_ask(trivet: _Trivet, monkeypatch: pytest.MonkeyPatch) -> None:
    _Talks(monkeypatch, answers=0)
    ended = trivet("apply")
    assert (ended.exit_code, trivet.fake.now) == (2, BEFORE)
    assert "Say with --confirm-by" in ended.output
    assert trivet("apply", "--dry-run").exit_code == 0


def test_left_waiting_confirmed_by_another_call(trivet: _Trivet) -> None:
    ended = trivet("apply", "--confirm-by", "nothing", "--json")
    assert (ended.exit_code, trivet.fake.confirmed) == (0, [])
    assert "A change waits to be confirmed, 50 s more" in trivet("why").output
    assert trivet("confirm").exit_code == 0
    assert len(trivet.fake.confirmed) == 1
    again = trivet("confirm")
    assert again.exit_code == 1
    assert "the last one has ended: it was confirmed" in again.output


def test_left_waiting_taken_back_by_another_call(trivet: _Trivet) -> None:
    trivet("apply", "--confirm-by", "nothing")
    assert trivet("rollback").output == "The earlier configuration is back\n"
    assert trivet.fake.now == BEFORE
    assert trivet("rollback").output == "No change waited to be confirmed\n"


@pytest.mark.parametrize("word", ["", "peer=", "peer=nobody", "peer=[::1]:0", "gateway=1", "gateway,nothing", "luck"])
def test_proofs_that_are_none(trivet: _Trivet, word: str) -> None:
    ended = trivet("apply", "--confirm-by", word)
    assert ended.exit_code == 2
    assert "--confirm-by" in ended.output
    assert trivet.fake.now == BEFORE


@pytest.mark.parametrize("word", ["peer=192.0.2.1", "peer=192.0.2.1:22", "peer=2001:db8::1", "peer=[2001:db8::1]:22"])
def test_peers(trivet: _Trivet, word: str) -> None:
    assert trivet("apply", "--confirm-by", word, "--dry-run").exit_code == 0


def test_why_an_interface(trivet: _Trivet) -> None:
    assert trivet("why", "host0").output.startswith("host0 is a veth\n")
