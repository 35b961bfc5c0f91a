"""A real machine's identity, served as its agent serves it, and who may have it ask an engine."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hosted_engine.engine.nodes.model import Node
from hosted_engine.fleet.inviting import BelongsToSite, Inviter, OtherFingerprint, OtherMachine, WrongCode
from node.api.messages.identity import Claim
from node.api.problems import NodeNonResponsive
from node.fingerprint import format_proquints
from node.registration import credentials
from tests.fakes.authority import FakeAuthority
from tests.ports import free_port
from tests.unit.node.served import Hosted, serving

ENGINE = "e" * 64


@pytest.fixture
def machine(tmp_path: Path) -> Hosted:
    return Hosted(tmp_path / "node")


@pytest.fixture
def code(machine: Hosted, tmp_path: Path) -> str:
    return (tmp_path / "node" / "claim").read_text()


def at(port: int) -> Node:
    return Node(id="1", name="new", hostname="new", cluster_id="1", address="127.0.0.1", port=port)


async def test_who_knows_the_code_has_it_ask(machine: Hosted, code: str) -> None:
    async with serving(machine.service):
        for said in ("", machine.membership.fingerprint, format_proquints(machine.membership.fingerprint)):
            found = await Inviter(ENGINE, 443).invite(at(machine.port), code, said)
            assert found == machine.membership.fingerprint
    wanted = machine.join_files.wanted()
    assert wanted is not None
    assert (wanted.engine, wanted.port, wanted.fingerprint) == ("127.0.0.1", 443, ENGINE)


async def test_who_does_not_gets_nowhere(machine: Hosted, code: str) -> None:
    async with serving(machine.service):
        with pytest.raises(WrongCode):
            await Inviter(ENGINE, 443).invite(at(machine.port), code[:-1] + ("3" if code.endswith("2") else "2"), "")
        with pytest.raises(OtherFingerprint):
            await Inviter(ENGINE, 443).invite(at(machine.port), code, "0" * 64)
    assert machine.join_files.wanted() is None


async def test_a_member_of_a_site_is_left_alone(machine: Hosted, code: str) -> None:
    authority = FakeAuthority()
    request = machine.membership.identity().certificate_request_pem
    machine.membership.claim(
        Claim(certificate_pem=authority.sign_request(request, "node1"), authority_pem=authority.pem)
    )
    async with serving(machine.service):
        with pytest.raises(BelongsToSite):
            await Inviter(ENGINE, 443).invite(at(machine.port), code, "")


async def test_nobody_there() -> None:
    with pytest.raises(NodeNonResponsive):
        await Inviter(ENGINE, 443).invite(at(free_port()), "ABCD-EFGH-JKLM-NPQR", "")


async def test_somebody_in_between_gets_nowhere_and_learns_no_code(machine: Hosted, code: str, tmp_path: Path) -> None:
    """It ends TLS with a key of its own and passes on what it reads: the proof is for that key, and the node's is
    another."""
    async with serving(machine.service), _between(machine.port, tmp_path) as (port, read):
        with pytest.raises(WrongCode):
            await Inviter(ENGINE, 443).invite(at(port), code, "")
    assert machine.join_files.wanted() is None
    assert read
    assert code.encode() not in b"".join(read)


async def test_somebody_who_only_says_yes_is_not_believed(tmp_path: Path) -> None:
    liar = Hosted(tmp_path / "liar")
    liar.membership.believes_claim_proof = lambda nonce, proof: True  # type: ignore[method-assign]
    async with serving(liar.service):
        with pytest.raises(OtherMachine):
            await Inviter(ENGINE, 443).invite(at(liar.port), "ABCD-EFGH-JKLM-NPQR", "")


@contextlib.asynccontextmanager
async def _between(target: int, folder: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Its port, and all that it has read in clear."""
    key = credentials.new_key_pem()
    pem = credentials.self_signed_pem(credentials.load_key(key), "node1", ["127.0.0.1"], datetime.now(UTC))
    (folder / "key").write_bytes(key)
    (folder / "crt").write_text(pem)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(folder / "crt", folder / "key")
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    there.check_hostname, there.verify_mode = False, ssl.CERT_NONE
    read: list[bytes] = []

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 16):
                read.append(data)
                sink.write(data)
                await sink.drain()
        sink.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", target, ssl=there)
        await asyncio.gather(copy(reader, ours), copy(theirs, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=own)
    async with server:
        yield server.sockets[0].getsockname()[1], read
