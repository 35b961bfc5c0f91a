"""The whiteboard on the `engine` volume: one aligned block per host and two for the cluster. Pure: bytes in, words out.

A block is a header of 32 bytes (magic, version, kind, host id, sequence, length and checksum), a JSON object, zeros.
It is written with one aligned write and read as a whole. What cannot be trusted has a name and is never acted on.
"""

import struct
import zlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from hosted_engine.ha.states import Health, State, VmState

VERSION = 1
BLOCK_SIZES = (512, 4096)
MAGIC = b"TRIVETHA"
CLUSTER_COPIES = 2  # the same words, written one after the other: one is whole at any time
_HEADER = struct.Struct("<8sHHIQII")  # magic, version, kind, host id, sequence, length, checksum
_CHECKED = _HEADER.size - 4
_HOST, _CLUSTER = 1, 2


class HostBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one host says of itself. Only it writes this; `sequence` goes up with every write.

    `since` and `failed_starts` are times of the host's own boot-time clock: they mean something to itself alone, and
    only while `boot_id` is the same. `written_at` is wall clock, for people.
    """

    host_id: int
    sequence: int
    state: State
    score: int
    name: str = ""
    vm: VmState = VmState.UNKNOWN
    health: Health = Health.UNKNOWN
    local_maintenance: bool = False
    target: int | None = None  # where its engine VM is going
    boot_id: str = ""
    since: float = 0.0
    failed_starts: tuple[float, ...] = ()
    written_at: float = 0.0
    version: str = ""  # of Trivet


class ClusterBlock(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all hosts. `set_by`: the name of the node on which it was said."""

    sequence: int
    global_maintenance: bool = False
    set_by: str = ""


class BadBlock(StrEnum):
    """Why a block says nothing."""

    ZEROED = "zeroed"
    TORN = "torn"  # its checksum is wrong
    FUTURE_VERSION = "future_version"
    OTHER_HOST = "other_host"  # a whole block in somebody else's place
    FOREIGN = "foreign"  # neither ours nor zeros
    SHORT = "short"
    MALFORMED = "malformed"  # its checksum is right and its words are not
    UNREADABLE = "unreadable"  # the storage did not answer; for who reads, not made here


class DoesNotFit(ValueError):
    """A block has more to say than its size allows."""


_encoder = msgspec.json.Encoder()
_hosts = msgspec.json.Decoder(HostBlock)
_clusters = msgspec.json.Decoder(ClusterBlock)


def host_offset(host_id: int, block_size: int) -> int:
    """Where the block of `host_id` (from 1 on) begins."""
    return (CLUSTER_COPIES + host_id - 1) * block_size


def cluster_offsets(block_size: int) -> tuple[int, ...]:
    """Where the cluster's block is written: to each of these, one after the other."""
    return tuple(copy * block_size for copy in range(CLUSTER_COPIES))


def encode_host(block: HostBlock, block_size: int = 4096) -> bytes:
    return _encode(_HOST, block.host_id, block.sequence, block, block_size)


def encode_cluster(block: ClusterBlock, block_size: int = 4096) -> bytes:
    return _encode(_CLUSTER, 0, block.sequence, block, block_size)


def decode_host(data: bytes, host_id: int) -> HostBlock | BadBlock:
    """The block of `host_id`, or why there is none that can be trusted."""
    payload = _payload(data, _HOST, host_id)
    if isinstance(payload, BadBlock):
        return payload
    try:
        block = _hosts.decode(payload)
    except msgspec.MsgspecError:
        return BadBlock.MALFORMED
    return block if block.host_id == host_id else BadBlock.OTHER_HOST


def decode_cluster(data: bytes) -> ClusterBlock | BadBlock:
    """One copy; `latest` chooses between the two."""
    payload = _payload(data, _CLUSTER, 0)
    if isinstance(payload, BadBlock):
        return payload
    try:
        return _clusters.decode(payload)
    except msgspec.MsgspecError:
        return BadBlock.MALFORMED


def latest(copies: Iterable[ClusterBlock | BadBlock]) -> ClusterBlock | BadBlock:
    """The copy with the higher sequence; when neither is whole, what is wrong with the first.

    A copy of a future version counts as the newest word, which this version cannot read.
    """
    known = list(copies)
    if BadBlock.FUTURE_VERSION in known:
        return BadBlock.FUTURE_VERSION
    whole = [copy for copy in known if isinstance(copy, ClusterBlock)]
    if whole:
        return max(whole, key=lambda copy: copy.sequence)
    return next((copy for copy in known if copy is not BadBlock.ZEROED), BadBlock.ZEROED)


def _encode(kind: int, host_id: int, sequence: int, block: msgspec.Struct, block_size: int) -> bytes:
    payload = _encoder.encode(block)
    if _HEADER.size + len(payload) > block_size:
        raise DoesNotFit(f"{len(payload)} bytes do not fit into a block of {block_size} bytes")
    head = _HEADER.pack(MAGIC, VERSION, kind, host_id, sequence, len(payload), 0)[:_CHECKED]
    checksum = zlib.crc32(payload, zlib.crc32(head))
    return (head + checksum.to_bytes(4, "little") + payload).ljust(block_size, b"\0")


def _payload(data: bytes, kind: int, host_id: int) -> bytes | BadBlock:
    if len(data) < min(BLOCK_SIZES):
        return BadBlock.SHORT
    magic, version, found_kind, found_host, _, length, checksum = _HEADER.unpack_from(data)
    if magic != MAGIC:
        return BadBlock.FOREIGN if any(data) else BadBlock.ZEROED
    if version > VERSION:
        return BadBlock.FUTURE_VERSION
    end = _HEADER.size + length
    if end > len(data) or zlib.crc32(data[_HEADER.size : end], zlib.crc32(data[:_CHECKED])) != checksum:
        return BadBlock.TORN
    if found_kind != kind or found_host != host_id:
        return BadBlock.OTHER_HOST
    return data[_HEADER.size : end]
