"""What a machine does with what it was told: whom it asks, when it stops, and what stays on its disk."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from installer.steps.first_boot import JOIN_REQUEST
from node.api.messages.identity import Claim
from node.api.messages.registration import WRONG_CODE, Registration, RegistrationReport, RegistrationState
from node.api.problems import ProblemText, RemoteRefused
from node.fingerprint import format_proquints
from node.registration.credentials import load_key, new_key_pem
from node.registration.engine_client import Answered, EngineUnreachable
from node.registration.join_files import REQUEST, JoinFiles, JoinRequest, JoinState, WantedJoin
from node.registration.joining import Joining
from node.system.files import write_durable
from tests.fakes.clock import FakeClock
from tests.fakes.machine import FakeMachine
from tests.fakes.node.site import FakeSite

ENGINE, FINGERPRINT = "engine.example.org", "ab" * 32
CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


class FakeEngine:
    """Its key, what it answers, and what it was asked."""

    def __init__(self) -> None:
        self.key: str | None = FINGERPRINT
        self.answer: RegistrationState | RemoteRefused = RegistrationState.PENDING
        self.asked: list[WantedJoin] = []

    async def fingerprint(self, engine: str, port: int) -> str:
        if self.key is None:
            raise EngineUnreachable(engine=engine, reason="no route to host")
        return self.key

    async def ask(self, wanted: WantedJoin, body: bytes, signature: str) -> Answered:
        self.asked.append(wanted)
        if isinstance(self.answer, RemoteRefused):
            raise self.answer
        return Answered(RegistrationReport(state=self.answer, challenge="c"), "")


class FakeMember:
    claimed = False
    _key = load_key(new_key_pem())

    def key(self) -> EllipticCurvePrivateKey:
        return self._key


class Machine:
    def __init__(self, folder: Path) -> None:
        self.request_file = folder / "request.json"
        self.files = JoinFiles(folder, folder, self.request_file)
        self.fake = FakeMachine("node4", site=FakeSite(), number=4, engine_fingerprint=FINGERPRINT)
        self.engine, self.member, self.clock = FakeEngine(), FakeMember(), FakeClock()
        self.joining = Joining(
            self.files, self.member, self.engine, self.clock, question=self._question, take=self._take
        )

    def install(self, fingerprint: str = FINGERPRINT, code: str = CODE) -> None:
        request = JoinRequest(engine=ENGINE, fingerprint=fingerprint, join_code=code)
        write_durable(self.request_file, msgspec.json.encode(request))

    async def turn(self) -> JoinState | None:
        """As the agent's loop does it once."""
        wanted = await self.joining._next()
        if wanted is not None:
            await self.joining.ask(wanted)
        status = self.files.status()
        return status.state if status else None

    async def _question(self, wanted: WantedJoin, challenge: str) -> Registration:
        return self.fake.question(attempt=wanted.attempt, join_code=wanted.join_code)

    async def _take(self, claim: Claim) -> None:
        self.member.claimed = True


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("given", [FINGERPRINT, format_proquints(FINGERPRINT), format_proquints(FINGERPRINT).upper()])
async def test_after_its_installation_it_asks_by_itself(given: str, machine: Machine) -> None:
    machine.install(given)
    assert await machine.turn() is JoinState.PENDING
    (asked,) = machine.engine.asked
    assert (asked.engine, asked.fingerprint, asked.join_code) == (ENGINE, FINGERPRINT, CODE)
    assert not machine.request_file.exists()
    kept = machine.files.wanted()
    assert kept == msgspec.structs.replace(asked, join_code="")
    assert CODE not in "".join(path.read_text() for path in machine.request_file.parent.iterdir())


async def test_an_engine_with_other_words_is_asked_nothing(machine: Machine) -> None:
    machine.install(format_proquints("cd" * 32))
    assert await machine.turn() is JoinState.REFUSED
    status = machine.files.status()
    assert status is not None
    assert format_proquints(FINGERPRINT) in status.detail
    assert machine.engine.asked == []
    machine.engine.key = "cd" * 32  # the right one is there again
    assert await machine.turn() is JoinState.PENDING


async def test_an_engine_that_is_away_is_waited_for(machine: Machine) -> None:
    machine.install()
    machine.engine.key = None
    assert await machine.turn() is JoinState.ASKING
    machine.engine.key = FINGERPRINT
    assert await machine.turn() is JoinState.PENDING


async def test_power_cut_between_the_two_files_begins_no_second_attempt(machine: Machine) -> None:
    machine.install()
    first = machine.files.want(ENGINE, 443, FINGERPRINT, CODE)  # written, and the request was not removed yet
    assert await machine.turn() is JoinState.PENDING
    assert [one.attempt for one in machine.engine.asked] == [first.attempt]


async def test_a_wrong_code_is_the_end_of_it(machine: Machine) -> None:
    machine.install()
    text = ProblemText(code=WRONG_CODE, what="w", why="y", mend="m", status=403)
    machine.engine.answer = RemoteRefused(text, ENGINE)
    assert await machine.turn() is JoinState.REJECTED
    assert await machine.turn() is JoinState.REJECTED
    assert len(machine.engine.asked) == 1
    assert (machine.files.wanted(), machine.files.request()) == (None, None)


async def test_too_many_wrong_codes_of_others_there_may_pass(machine: Machine) -> None:
    machine.install()
    text = ProblemText(code="TooManyWrongCodes", what="w", why="y", mend="m", status=429)
    machine.engine.answer = RemoteRefused(text, ENGINE)
    assert await machine.turn() is JoinState.REFUSED
    machine.engine.answer = RegistrationState.PENDING
    assert await machine.turn() is JoinState.PENDING
    assert machine.engine.asked[-1].join_code == CODE


async def test_a_machine_that_became_a_member_otherwise_asks_nobody(machine: Machine) -> None:
    machine.install()
    machine.member.claimed = True
    assert await machine.turn() is None
    assert machine.files.request() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"engine": 1}'])
async def test_damaged_files_count_for_nothing(content: bytes, machine: Machine, tmp_path: Path) -> None:
    for name in ("request.json", "join.json", "join-status.json"):
        (tmp_path / name).write_bytes(content)
    assert await machine.turn() is None
    machine.install()
    assert await machine.turn() is JoinState.PENDING


def test_the_request_lies_where_the_installer_writes_it() -> None:
    assert f"/{JOIN_REQUEST}" == str(REQUEST)
