"""Blocks of the whiteboard: what is written is read, and what cannot be trusted has a name."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosted_engine.ha import whiteboard
from hosted_engine.ha.states import Health, State, VmState
from hosted_engine.ha.whiteboard import (
    BadBlock,
    ClusterBlock,
    DoesNotFit,
    HostBlock,
    cluster_offsets,
    decode_cluster,
    decode_host,
    encode_cluster,
    encode_host,
    host_offset,
    latest,
)

BLOCK = HostBlock(host_id=3, sequence=41, state=State.ENGINE_UP, score=3400, name="node3", vm=VmState.RUNNING)

blocks = st.builds(
    HostBlock,
    host_id=st.integers(1, 2000),
    sequence=st.integers(0, 2**63),
    state=st.sampled_from(State),
    score=st.integers(0, 3400),
    name=st.text(max_size=60),
    vm=st.sampled_from(VmState),
    health=st.sampled_from(Health),
    local_maintenance=st.booleans(),
    target=st.none() | st.integers(1, 2000),
    boot_id=st.text(max_size=36),
    since=st.floats(0, 1e9),
    failed_starts=st.lists(st.floats(0, 1e9), max_size=6).map(tuple),
    written_at=st.floats(0, 1e10),
)


@given(blocks)
def test_what_is_written_is_read(block: HostBlock) -> None:
    data = encode_host(block)
    assert len(data) == 4096
    assert decode_host(data, block.host_id) == block


@pytest.mark.parametrize("size", [512, 4096])
def test_a_usual_block_fits(size: int) -> None:
    block = HostBlock(
        **{f: getattr(BLOCK, f) for f in BLOCK.__struct_fields__} | {"failed_starts": (1.5, 2.5, 3.5, 4.5)}
    )
    data = encode_host(block, size)
    assert len(data) == size
    assert decode_host(data, 3) == block


def test_what_does_not_fit_is_not_cut() -> None:
    with pytest.raises(DoesNotFit):
        encode_host(HostBlock(host_id=1, sequence=1, state=State.ENGINE_UP, score=1, name="n" * 500), 512)


@given(blocks, st.integers(0, 4095), st.integers(1, 255))
def test_a_changed_byte_is_never_believed(block: HostBlock, at: int, change: int) -> None:
    """Behind what is said there may be anything."""
    data = bytearray(encode_host(block))
    data[at] ^= change
    found = decode_host(bytes(data), block.host_id)
    said = data.rstrip(b"\0")
    assert isinstance(found, BadBlock) or (found == block and at >= len(said) - 1)


@given(blocks, blocks, st.integers(1, 7))
def test_a_torn_block_is_the_old_the_new_or_nothing(old: HostBlock, new: HostBlock, sectors: int) -> None:
    new = HostBlock(**{f: getattr(new, f) for f in new.__struct_fields__} | {"host_id": old.host_id})
    data = encode_host(new)[: sectors * 512] + encode_host(old)[sectors * 512 :]
    assert decode_host(data, old.host_id) in (new, BadBlock.TORN)


@dataclass(frozen=True)
class Bad:
    data: bytes
    why: BadBlock


GOOD = encode_host(BLOCK)


@pytest.mark.parametrize(
    "bad",
    [
        Bad(bytes(4096), BadBlock.ZEROED),
        Bad(b"", BadBlock.SHORT),
        Bad(GOOD[:100], BadBlock.SHORT),
        Bad(b"\1" * 4096, BadBlock.FOREIGN),
        Bad(bytes(8) + b"x" * 4088, BadBlock.FOREIGN),
        Bad(GOOD[:8] + b"\2\0" + GOOD[10:], BadBlock.FUTURE_VERSION),
        Bad(GOOD[:60] + b"\0" * 4036, BadBlock.TORN),
        Bad(encode_host(HostBlock(host_id=4, sequence=1, state=State.ENGINE_UP, score=1)), BadBlock.OTHER_HOST),
        Bad(encode_cluster(ClusterBlock(sequence=1)), BadBlock.OTHER_HOST),
        Bad(whiteboard._encode(1, 3, 1, ClusterBlock(sequence=1), 4096), BadBlock.MALFORMED),
        Bad(
            whiteboard._encode(1, 3, 1, HostBlock(host_id=5, sequence=1, state=State.ENGINE_UP, score=1), 4096),
            BadBlock.OTHER_HOST,
        ),
    ],
    ids=lambda bad: bad.why.value,
)
def test_what_is_wrong_has_a_name(bad: Bad) -> None:
    assert decode_host(bad.data, 3) is bad.why


def test_what_a_later_version_adds_is_passed_over() -> None:
    class Later(HostBlock, frozen=True, kw_only=True):
        colour: str

    later = Later(
        host_id=3, sequence=41, state=State.ENGINE_UP, score=3400, name="node3", vm=VmState.RUNNING, colour="red"
    )
    assert decode_host(encode_host(later), 3) == BLOCK


def test_blocks_do_not_overlap() -> None:
    for size in (512, 4096):
        places = [*cluster_offsets(size), *(host_offset(i, size) for i in range(1, 40))]
        assert sorted(set(places)) == [i * size for i in range(len(places))]


def test_of_two_copies_the_newer_counts() -> None:
    old, new = ClusterBlock(sequence=1), ClusterBlock(sequence=2, global_maintenance=True, set_by="node1")
    assert decode_cluster(encode_cluster(new)) == new
    assert latest((old, new)) == new
    assert latest((new, BadBlock.TORN)) == new
    assert latest((BadBlock.TORN, old)) == old


def test_two_bad_copies_say_nothing() -> None:
    assert latest((BadBlock.ZEROED, BadBlock.ZEROED)) is BadBlock.ZEROED
    assert latest((BadBlock.ZEROED, BadBlock.TORN)) is BadBlock.TORN


def test_a_copy_of_the_future_is_the_newest_word() -> None:
    """Somebody newer has written: what is in the other copy may be over."""
    assert latest((ClusterBlock(sequence=9), BadBlock.FUTURE_VERSION)) is BadBlock.FUTURE_VERSION
