"""Storage becomes a storage domain when it is empty, is known as one from then on, and can be emptied again."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from node.api.messages.storage_domains import MetadataRequest, StorageDomainMetadata
from node.api.refusals import StorageNotEmpty, StorageOfOther
from node.storage.domain_metadata import FILE, DomainMetadata, MetadataUnusable
from node.system.threads import Threads

MINE = StorageDomainMetadata(id="mine", name="archive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "lost+found").mkdir(parents=True)
    return tmp_path / "mine"


@pytest.fixture
def part(folder: Path) -> Iterator[DomainMetadata]:
    async def need(_: str) -> None:
        return None

    threads = Threads("test", 1)
    yield DomainMetadata(threads, volumes=folder.parent, need=need)
    threads.close()


async def test_empty_storage_becomes_a_domain_and_says_so(part: DomainMetadata, folder: Path) -> None:
    assert await part.domain_metadata("mine") is None
    (folder / f".{FILE}.part").touch()  # of a write that was cut short
    for change in (MINE, msgspec.structs.replace(MINE, data_center_id="center")):
        assert await part.write_domain_metadata("mine", MetadataRequest(metadata=change)) == change
        assert await part.domain_metadata("mine") == change


async def test_what_holds_files_is_not_taken(part: DomainMetadata, folder: Path) -> None:
    for name in "abcdefg":
        (folder / name).touch()
    with pytest.raises(StorageNotEmpty, match=r"a, b, c, d, e, …"):
        await part.write_domain_metadata("mine", MetadataRequest(metadata=MINE))
    assert not (folder / FILE).exists()
    await part.write_domain_metadata("mine", MetadataRequest(metadata=MINE, in_use=True))


async def test_another_domain_is_neither_taken_nor_emptied(part: DomainMetadata, folder: Path) -> None:
    other = StorageDomainMetadata(id="other", name="theirs")
    await part.write_domain_metadata("mine", MetadataRequest(metadata=other))
    (folder / "images").mkdir()
    for _ in range(2):
        with pytest.raises(StorageOfOther, match="theirs"):
            await part.write_domain_metadata("mine", MetadataRequest(metadata=MINE, in_use=True))
        with pytest.raises(StorageOfOther, match="theirs"):
            await part.clear_domain("mine")
    assert (folder / "images").is_dir()


async def test_it_is_emptied_of_what_is_its_own_and_again_after_a_crash(part: DomainMetadata, folder: Path) -> None:
    await part.write_domain_metadata("mine", MetadataRequest(metadata=MINE))
    (folder / "images" / "disk").mkdir(parents=True)
    (folder / "notes").touch()
    for _ in range(2):
        await part.clear_domain("mine")
    assert sorted(path.name for path in folder.iterdir()) == ["lost+found", "notes"]


async def test_metadata_that_nobody_can_read_is_said(part: DomainMetadata, folder: Path) -> None:
    (folder / FILE).write_text("{")
    with pytest.raises(MetadataUnusable, match="Look at the file"):
        await part.domain_metadata("mine")
