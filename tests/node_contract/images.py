"""Storage domains and the images on them."""

import uuid

import msgspec
import pytest

from node.api.contract import NodeApi
from node.api.messages.images import (
    ImageCopy,
    ImageFormat,
    ImageRebase,
    ImageRef,
    ImageRequest,
    ImageResize,
)
from node.api.messages.storage_domains import MetadataRequest, OvfFile, OvfStoreUpdate, StorageDomainMetadata
from node.api.messages.transfers import ImageCheck, TransferRenewal
from node.api.problems import RemoteRefused
from tests.node_contract.base import MIB, ContractBase


class ImageContract(ContractBase):
    async def test_an_image_is_made_once_and_removed_twice(self, node: NodeApi) -> None:
        image = self.new_image()
        request = ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB)
        assert await node.image(image) is None
        made = await node.make_image(image, request)
        again = await node.make_image(image, request)
        assert made.virtual_size_bytes == again.virtual_size_bytes == 8 * MIB
        assert await node.image(image) is not None
        await node.remove_image(image)
        await node.remove_image(image)
        assert await node.image(image) is None

    async def test_an_image_is_wiped_call_by_call_and_is_gone_from_the_first_on(self, node: NodeApi) -> None:
        image = self.new_image()
        request = ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB, preallocated=True)
        await node.make_image(image, request)
        left = (await node.wipe_image(image)).left_bytes
        assert await node.image(image) is None
        while left:
            left = (await node.wipe_image(image)).left_bytes
        assert not [name for name in (await node.contents(self.domain)).files if image.disk_id in name]
        assert (await node.wipe_image(image)).left_bytes == 0

    async def test_the_contents_of_a_volume_tell_of_an_image(self, node: NodeApi) -> None:
        image = self.new_image()
        path = f"images/{image.disk_id}/{image.image_id}"
        assert path not in (await node.contents(self.domain)).files
        await node.make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=MIB))
        assert path in (await node.contents(self.domain)).files
        await node.remove_image(image)
        assert path not in (await node.contents(self.domain)).files
        with pytest.raises(RemoteRefused) as refused:
            await node.contents("elsewhere")
        assert refused.value.text.code == "NotMounted"

    async def test_an_image_of_another_size_is_refused(self, node: NodeApi) -> None:
        image = self.new_image()
        await node.make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB))
        with pytest.raises(RemoteRefused) as refused:
            await node.make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=16 * MIB))
        assert refused.value.text.code == "ImageDiffers"
        await node.remove_image(image)

    async def test_an_image_grows_and_never_shrinks(self, node: NodeApi) -> None:
        image = self.new_image()
        with pytest.raises(RemoteRefused) as refused:
            await node.resize_image(image, ImageResize(size_bytes=MIB))
        assert refused.value.text.code == "ImageUnknown"
        await node.make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB))
        for _ in range(2):
            grown = await node.resize_image(image, ImageResize(size_bytes=16 * MIB))
            assert grown.virtual_size_bytes == 16 * MIB
        with pytest.raises(RemoteRefused) as refused:
            await node.resize_image(image, ImageResize(size_bytes=8 * MIB))
        assert refused.value.text.code == "ImageLarger"
        taken = await node.resize_image(image, ImageResize(size_bytes=24 * MIB, preallocated=True))
        assert taken.actual_size_bytes >= 8 * MIB
        await node.remove_image(image)

    async def test_an_overlay_names_its_backing(self, node: NodeApi) -> None:
        base, top = self.new_image(), self.new_image()
        await node.make_image(base, ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB))
        request = ImageRequest(format=ImageFormat.QCOW2, backing=base, backing_format=ImageFormat.QCOW2)
        made = await node.make_image(top, request)
        assert made.backing == base
        assert made.virtual_size_bytes == 8 * MIB
        smaller = ImageRequest(format=ImageFormat.QCOW2, backing=base, size_bytes=4 * MIB)
        with pytest.raises(RemoteRefused) as refused:
            await node.make_image(self.new_image(), smaller)
        assert refused.value.text.code == "Malformed"
        await node.remove_image(top)
        await node.remove_image(base)

    async def test_a_copy_stands_on_nothing_and_is_made_once(self, node: NodeApi) -> None:
        base, top, copy = self.new_image(), self.new_image(), self.new_image()
        await node.make_image(base, ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB))
        await node.make_image(top, ImageRequest(format=ImageFormat.QCOW2, backing=base))
        request = ImageCopy(source=top, format=ImageFormat.RAW, size_bytes=16 * MIB)
        for _ in range(2):
            made = await self._done(node, lambda: node.copy_image(copy, request))
            assert (made.format, made.virtual_size_bytes, made.backing) == (ImageFormat.RAW, 16 * MIB, None)
        with pytest.raises(RemoteRefused) as refused:
            await node.copy_image(copy, ImageCopy(source=top, format=ImageFormat.QCOW2))
        assert refused.value.text.code == "ImageDiffers"
        for image in (copy, top, base):
            await node.remove_image(image)
        with pytest.raises(RemoteRefused) as refused:
            await node.copy_image(copy, request)
        assert refused.value.text.code == "ImageUnknown"
        assert not [name for name in (await node.contents(self.domain)).files if copy.disk_id in name]

    async def test_a_layer_is_taken_out_of_the_middle_of_a_chain(self, node: NodeApi) -> None:
        """Nothing that another layer stands on is removed, merged into or lost."""
        base = self.new_image()
        low, high, beside = (msgspec.structs.replace(base, image_id=name) for name in ("low", "high", "beside"))
        await node.make_image(base, ImageRequest(format=ImageFormat.RAW, size_bytes=8 * MIB))
        for image, below in ((low, base), (beside, base), (high, low)):
            await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, backing=below))
        assert [report.image for report in await node.image_chain(high)] == [high, low, base]
        assert await self._refusal(node.remove_image(low)) == "ImageInUse"
        assert await self._refusal(node.wipe_image(low)) == "ImageInUse"
        assert await self._refusal(node.merge_image(low)) == "ImageInUse"
        assert await self._refusal(node.merge_image(base)) == "NotMerged"
        await node.remove_image(beside)
        for _ in range(2):
            merged = await self._done(node, lambda: node.merge_image(low))
            assert (merged.image, merged.format) == (base, ImageFormat.RAW)
        for _ in range(2):
            assert (await node.rebase_image(high, ImageRebase(backing=base))).backing == base
        assert await self._refusal(node.rebase_image(base, ImageRebase(backing=high))) == "Malformed"
        await node.remove_image(low)
        assert [report.image for report in await node.image_chain(high)] == [high, base]
        for image in (high, base):
            await node.remove_image(image)

    async def test_an_unknown_source_is_refused(self, node: NodeApi) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.make_image(self.new_image(), ImageRequest(format=ImageFormat.QCOW2, source="nothing"))
        assert refused.value.text.code == "SourceUnknown"

    async def test_a_storage_domain_says_what_it_is_and_is_nobody_elses(self, node: NodeApi) -> None:
        metadata = StorageDomainMetadata(id=self.domain, name="data", data_center_id="one")
        written = await node.write_domain_metadata(self.domain, MetadataRequest(metadata=metadata, in_use=True))
        assert written == await node.domain_metadata(self.domain) == metadata
        other = msgspec.structs.replace(metadata, id=str(uuid.uuid4()))
        with pytest.raises(RemoteRefused) as refused:
            await node.write_domain_metadata(self.domain, MetadataRequest(metadata=other, in_use=True))
        assert refused.value.text.code == "StorageOfOther"
        assert "storage-domain.json" in (await node.contents(self.domain)).files

    async def test_what_vms_are_is_written_beside_their_disks(self, node: NodeApi) -> None:
        first, second = (OvfFile(id=str(uuid.uuid4()), text=f"<Envelope>{n} ü</Envelope>\n") for n in range(2))
        await node.write_ovf_store(self.domain, OvfStoreUpdate(files=(first, second)))
        assert {*(await node.ovf_store(self.domain)).files} == {first, second}
        changed = msgspec.structs.replace(first, text="<Envelope/>\n")
        await node.write_ovf_store(self.domain, OvfStoreUpdate(files=(changed,), ids=(second.id,)))
        assert {*(await node.ovf_store(self.domain)).files} == {changed, second}
        assert f"ovf/{first.id}.ovf" in (await node.contents(self.domain)).files
        await node.write_ovf_store(self.domain, OvfStoreUpdate(ids=(first.id,)))
        assert (await node.ovf_store(self.domain)).files == (changed,)
        with pytest.raises(RemoteRefused):
            await node.write_ovf_store(self.domain, OvfStoreUpdate(files=(OvfFile(id="../x", text=""),)))
        await node.write_ovf_store(self.domain, OvfStoreUpdate())

    async def test_a_path_in_an_id_is_refused(self, node: NodeApi) -> None:
        with pytest.raises(RemoteRefused):
            await node.image(ImageRef(storage_domain=self.domain, disk_id="..", image_id="x"))

    async def test_an_image_is_open_until_it_is_closed(self, node: NodeApi) -> None:
        """The same again changes nothing; another ticket is another opening."""
        image = self.new_image()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=4 * MIB))
        request = self.new_transfer(image)
        for _ in range(2):
            report = await node.open_transfer(request)
            assert (report.id, report.ticket, report.size_bytes) == (request.id, request.ticket, 4 * MIB)
        assert request.id in {one.id for one in await node.transfers()}
        other = msgspec.structs.replace(request, ticket=str(uuid.uuid4()))
        await node.open_transfer(other)
        found = await node.transfer(request.id)
        assert found is not None
        assert (found.ticket, found.transferred_bytes, found.active) == (other.ticket, 0, False)
        assert (await node.renew_transfer(request.id, TransferRenewal(timeout_s=90))).ticket == other.ticket
        for _ in range(2):
            await node.close_transfer(request.id)
        assert await node.transfer(request.id) is None
        with pytest.raises(RemoteRefused) as refused:
            await node.renew_transfer(request.id, TransferRenewal(timeout_s=90))
        assert (refused.value.text.code, refused.value.text.status) == ("TransferUnknown", 404)
        await node.remove_image(image)

    async def test_an_image_that_is_not_there_is_not_opened_and_its_file_only_as_what_it_is(
        self, node: NodeApi
    ) -> None:
        image = self.new_image()
        with pytest.raises(RemoteRefused) as refused:
            await node.open_transfer(self.new_transfer(image))
        assert refused.value.text.code == "ImageUnknown"
        await node.make_image(image, ImageRequest(format=ImageFormat.RAW, size_bytes=MIB))
        with pytest.raises(RemoteRefused) as refused:
            await node.open_transfer(self.new_transfer(image, format=ImageFormat.QCOW2))
        assert refused.value.text.code == "Malformed"
        assert await node.transfers() == ()
        await node.remove_image(image)

    async def test_a_good_image_is_told_to_be_good(self, node: NodeApi) -> None:
        image = self.new_image()
        made = await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=4 * MIB))
        report = await node.check_image(image, ImageCheck(format=ImageFormat.QCOW2, size_bytes=4 * MIB))
        assert (report.image, report.virtual_size_bytes) == (made.image, 4 * MIB)
        await node.remove_image(image)

    async def test_an_unmounted_storage_domain_is_refused(self, node: NodeApi) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.image(ImageRef(storage_domain="elsewhere", disk_id="a", image_id="b"))
        assert refused.value.text.code == "NotMounted"

    async def test_the_mount_and_the_lockspace_are_reported(self, node: NodeApi) -> None:
        assert any(mount.storage_domain == self.domain and mount.mounted for mount in await node.mounts())
        assert any(space.name == self.lockspace and space.joined for space in await node.lockspaces())
