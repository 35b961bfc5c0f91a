"""Turns what gluster says when it does not do something into problems with a way out."""

import re

from gluster.cli import Argv
from gluster.errors import (
    BrickBusy,
    BrickMissing,
    CommandFailed,
    CommandRefused,
    CreateCutShort,
    NoQuorum,
    PeerInOtherPool,
    PeerUnreachable,
    PoolBusy,
    Problem,
)
from gluster.parse import Answer

_LOCKED = 30802  # EG_ANOTRANS of glusterfs rpc/rpc-lib/src/protocol-common.h
_NOT_CONNECTED = 107  # ENOTCONN, both for a name nobody knows and for a server that does not answer
_NOT_OURS = 3  # GF_PROBE_ANOTHER_CLUSTER

_BUSY = ("another transaction", "locking failed")
_MISSING = ("root partition", "is a mount point", "failed to create brick directory")


def problem(argv: Argv, answer: Answer) -> Problem:
    """The problem that a refusing answer to the command `argv` stands for."""
    words = argv[3:]
    command, said = " ".join(words), " ".join(answer.error.split()) or answer.output
    lower = said.lower()
    if answer.errno == _LOCKED or any(text in lower for text in _BUSY):
        return PoolBusy(command=command, reason=said)
    if "not in 'peer in cluster' state" in lower:  # another peer has not heard of it yet
        return PoolBusy(command=command, reason=said)
    if "quorum not met" in lower:
        return NoQuorum(command=command, reason=said)
    if words[:2] == ("peer", "probe"):
        return _probe(words[2], answer, said)
    if words[:2] == ("volume", "create"):
        return _create(words[2], said)
    if "commit failed" in lower:
        return CommandFailed(command=command, reason=said)
    return CommandRefused(command=command, reason=said)


def _probe(peer: str, answer: Answer, text: str) -> Problem:
    if answer.errno == _NOT_OURS or "part of another cluster" in text:
        return PeerInOtherPool(peer=peer)
    if answer.errno == _NOT_CONNECTED:
        return PeerUnreachable(peer=peer, reason="nobody answers under that name")
    return PeerUnreachable(peer=peer, reason=text)


def _create(volume: str, text: str) -> Problem:
    if text.lower().startswith(("staging failed", "commit failed")):
        return CreateCutShort(volume=volume, reason=text)
    busy = re.search(r"(\S*/\S*) (?:is already part of a volume|not available)", text)
    if busy:
        return BrickBusy(brick=busy.group(1), volume="")
    if any(part in text.lower() for part in _MISSING):
        return BrickMissing(reason=_without_advice(text))
    if re.fullmatch(r"Host \S+ not connected", text):
        return PeerUnreachable(peer=text.split()[1], reason="it is not connected")
    return CommandRefused(command=f"volume create {volume}", reason=text)


def _without_advice(text: str) -> str:
    """Gluster goes on to recommend `force`, which is never the way out here."""
    return re.split(r"\. (?:It is recommended|Please create|Or use)", text)[0].rstrip(" .")
