"""Blocks of the whiteboard as no daemon writes them: zeroed, torn, of the future, foreign, somebody else's."""

from collections.abc import Mapping

from hosted_engine.ha.states import State
from hosted_engine.ha.whiteboard import ClusterBlock, HostBlock, encode_cluster, encode_host

_VERSION_AT = 8  # of the header


def damaged_block(blocks: Mapping[int, bytes], host_id: int, how: str) -> bytes:
    size = 512
    before = blocks.get(host_id, bytes(size))
    other = HostBlock(host_id=host_id + 1, sequence=1, state=State.ENGINE_UP, score=3400)
    return _damaged(before, encode_host(other, size), how)


def damaged_cluster(copies: list[bytes], how: str) -> list[bytes]:
    other = encode_cluster(ClusterBlock(sequence=1), len(copies[0]))
    if how == "one-torn":
        return [_damaged(copies[0], other, "torn"), *copies[1:]]
    return [_damaged(copy, other, how) for copy in copies]


def _damaged(before: bytes, other: bytes, how: str) -> bytes:
    match how:
        case "zeroed":
            return bytes(len(before))
        case "torn":
            return before[:40] + bytes(byte ^ 0x55 for byte in before[40:80]) + before[80:]
        case "future":
            return before[:_VERSION_AT] + (99).to_bytes(2, "little") + before[_VERSION_AT + 2 :]
        case "foreign":
            return b"something else entirely".ljust(len(before), b"!")
        case "other":
            return other
        case _:
            raise ValueError(how)
