"""What holds for every node, fake or real: the same tests run against FakeNode and, through node.client, in the lab."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Protocol, cast

import msgspec
import pytest

from node.api.contract import NodeApi
from node.api.messages.events import Event, EventKind
from node.api.messages.gluster import BrickRemoval, BrickRequest, PeerRequest
from node.api.messages.ha import EngineVmEdit, MaintenanceRequest, SiteFilesRequest, SiteNode, SiteNodes
from node.api.messages.identity import Leave
from node.api.messages.images import (
    ImageCopy,
    ImageFormat,
    ImageProgress,
    ImageRebase,
    ImageRef,
    ImageReport,
    ImageRequest,
    ImageResize,
)
from node.api.messages.leases import LeaseRequest, LeaseTimersRequest
from node.api.messages.migration import MigrationReport, MigrationRequest
from node.api.messages.network import LinkReport, NamesRequest, NetworkRequest
from node.api.messages.storage_domains import MetadataRequest, StorageDomainMetadata
from node.api.messages.transfers import ImageCheck, TransferDirection, TransferRenewal, TransferRequest
from node.api.messages.vms import (
    DiskBus,
    DownReason,
    GraphicsType,
    SuspendRequest,
    Ticket,
    VmDisk,
    VmLease,
    VmNic,
    VmReport,
    VmSpec,
    VmState,
)
from node.api.problems import RemoteRefused

MIB = 1 << 20
_BRIDGE: dict[str, object] = {"interfaces": [{"name": "contract0", "type": "linux-bridge", "state": "up"}]}


class Cable(Protocol):
    """A link of the node that a test may do anything to; it is not there at first."""

    link: str

    async def plug(self) -> None:
        """Now it is there, up, with a carrier."""
        ...

    async def pull(self) -> None: ...
    async def remove(self) -> None: ...


class NodeContract:
    """Subclasses give the fixtures `node` (Gluster volume `volume` mounted as the storage domain `domain`, lockspace
    `lockspace` joined) and `cable`, a link of that node."""

    volume = "data"
    domain = "60000000-0000-4000-8000-000000000001"
    lockspace = "site"

    def new_image(self) -> ImageRef:
        return ImageRef(storage_domain=self.domain, disk_id=str(uuid.uuid4()), image_id=str(uuid.uuid4()))

    def new_transfer(self, image: ImageRef, *, format: ImageFormat = ImageFormat.RAW) -> TransferRequest:
        return TransferRequest(
            id=str(uuid.uuid4()),
            image=image,
            direction=TransferDirection.DOWNLOAD,
            format=format,
            ticket=str(uuid.uuid4()),
            timeout_s=60,
            inactivity_timeout_s=60,
        )

    def new_vm(self, *disks: VmDisk, lease: str = "") -> VmSpec:
        leases = (VmLease(lockspace=self.lockspace, resource=lease, storage_domain=self.domain),) if lease else ()
        vm_id = str(uuid.uuid4())
        return VmSpec(id=vm_id, name=f"contract-{vm_id[:8]}", memory_bytes=64 * MIB, disks=disks, leases=leases)

    async def test_identity_says_that_it_is_claimed(self, node: NodeApi) -> None:
        identity = await node.identity()
        assert identity.claimed
        assert len(identity.fingerprint) == 64

    async def test_names_that_were_set_are_known(self, node: NodeApi) -> None:
        request = NamesRequest(names=(await node.names()).names | {"contract.example": "192.0.2.99"})
        before = await node.names()
        await node.set_names(request)
        assert await node.names() == request
        await node.set_names(before)

    @pytest.mark.parametrize("seconds", [-1, 0, 4, 601])
    async def test_a_time_to_confirm_that_is_no_use_is_refused(self, node: NodeApi, seconds: int) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.change_network(NetworkRequest(document={}, confirm_within_s=seconds))
        assert (refused.value.text.code, refused.value.text.status) == ("Malformed", 400)

    async def test_a_change_of_the_network_waits_and_is_taken_back(self, node: NodeApi) -> None:
        change = await node.change_network(NetworkRequest(document=_BRIDGE))
        pending = (await node.network()).pending
        assert pending is not None
        assert (pending.checkpoint, pending.says) == (change.checkpoint, change.says)
        assert 0 < pending.left_s <= 50
        for _ in range(2):
            await node.roll_back_network(change.checkpoint)
        assert (await node.network()).pending is None
        with pytest.raises(RemoteRefused) as refused:
            await node.confirm_network(change.checkpoint)
        assert refused.value.text.code == "CheckpointGone"

    async def test_a_change_of_the_network_that_is_kept(self, node: NodeApi) -> None:
        change = await node.change_network(NetworkRequest(document=_BRIDGE))
        for _ in range(2):
            await node.confirm_network(change.checkpoint)
        assert (await node.network()).pending is None
        assert not (await node.change_network(NetworkRequest(document=_BRIDGE))).changed
        with pytest.raises(RemoteRefused) as refused:
            await node.roll_back_network(change.checkpoint)
        assert refused.value.text.code == "CheckpointGone"
        gone: dict[str, object] = {"interfaces": [{"name": "contract0", "type": "linux-bridge", "state": "absent"}]}
        await node.confirm_network((await node.change_network(NetworkRequest(document=gone))).checkpoint)

    async def test_the_state_of_the_storage_comes_with_what_the_node_says_of_itself(self, node: NodeApi) -> None:
        state = (await node.gluster_state()).report.state
        own, volume = (await node.identity()).name, state.volume(self.volume)
        assert state.answered
        assert volume is not None
        brick = next(brick for brick in volume.bricks if brick.where.server == own)
        folder = (await node.gluster_facts()).folders[brick.where.path]
        assert folder.is_marked
        assert folder.volume_id == volume.id
        assert brick.folder == folder

    async def test_a_brick_of_a_volume_is_not_cleared(self, node: NodeApi) -> None:
        own = (await node.identity()).name
        volume = next(one for one in (await node.gluster()).volumes if one.name == self.volume)
        path = next(brick.path for brick in volume.bricks if brick.server == own)
        with pytest.raises(RemoteRefused) as refused:
            await node.clear_brick(BrickRequest(path=path))
        assert refused.value.text.code == "BrickHasData"

    async def test_a_server_that_answers_is_not_given_up(self, node: NodeApi) -> None:
        await node.give_up_server(PeerRequest(hostname="nobody"))
        for peer in (await node.gluster()).peers:
            with pytest.raises(RemoteRefused) as refused:
                await node.give_up_server(PeerRequest(hostname=peer.hostname))
            assert refused.value.text.code == "ServerAnswers"

    async def test_a_folder_that_is_no_brick_needs_no_clearing(self, node: NodeApi) -> None:
        for _ in range(2):
            await node.clear_brick(BrickRequest(path="/nowhere/brick"))
        with pytest.raises(RemoteRefused) as refused:
            await node.clear_brick(BrickRequest(path="nowhere"))
        assert refused.value.text.code == "Malformed"

    async def test_a_brick_of_a_volume_is_not_removed(self, node: NodeApi) -> None:
        own = (await node.identity()).name
        volume = next(one for one in (await node.gluster()).volumes if one.name == self.volume)
        path = next(brick.path for brick in volume.bricks if brick.server == own)
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_brick(BrickRemoval(path=path, volume_id=volume.id))
        assert refused.value.text.code == "BrickInUse"
        await node.remove_brick(BrickRemoval(path=path, volume_id=str(uuid.uuid4())))  # not a brick of that volume
        await node.make_image(image := self.new_image(), ImageRequest(format=ImageFormat.RAW, size_bytes=MIB))
        await node.remove_image(image)

    async def test_what_is_not_there_is_removed_all_the_same(self, node: NodeApi) -> None:
        await node.remove_volume("nothing")
        await node.remove_peer("nobody")
        await node.leave_lockspace("nowhere")
        await node.remove_brick(BrickRemoval(path="/nowhere/brick", volume_id=str(uuid.uuid4())))

    async def test_a_node_that_still_has_things_does_not_leave_its_site(self, node: NodeApi) -> None:
        with pytest.raises(RemoteRefused) as refused:
            await node.leave(Leave(claim_code="ABCD-EFGH-JKLM-NPQR"))
        assert refused.value.text.code == "NotBare"
        assert (await node.identity()).claimed

    async def test_statistics_and_capabilities_agree_on_memory(self, node: NodeApi) -> None:
        total = (await node.capabilities()).memory_bytes
        now = await node.statistics()
        assert 0 < now.memory_free_bytes <= total
        assert now.boot_id

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

    async def _done(self, node: NodeApi, ask: Callable[[], Awaitable[ImageProgress]]) -> ImageReport:
        """Asks until it is."""
        while (progress := await ask()).image is None:
            assert 0 <= progress.percent < 100
        return progress.image

    async def _refusal(self, asked: Awaitable[object]) -> str:
        with pytest.raises(RemoteRefused) as refused:
            await asked
        return refused.value.text.code

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

    async def test_an_unknown_vm_is_none_and_cannot_be_ended(self, node: NodeApi) -> None:
        vm_id = str(uuid.uuid4())
        assert await node.vm(vm_id) is None
        for ask in (node.destroy_vm, node.shutdown_vm, node.reset_vm, node.resume_vm, node.console_log):
            with pytest.raises(RemoteRefused) as refused:
                await ask(vm_id)
            assert refused.value.text.code == "VmUnknown"

    async def test_a_vm_lives_and_ends_and_every_step_can_be_repeated(self, node: NodeApi) -> None:
        image = self.new_image()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=8 * MIB))
        spec = self.new_vm(VmDisk(image=image, format=ImageFormat.QCOW2, boot=True))
        for _ in range(2):
            assert (await node.start_vm(spec)).state is VmState.UP
        other = msgspec.structs.replace(spec, memory_bytes=2 * spec.memory_bytes, time_zone="Europe/Nowhere")
        assert await node.start_vm(other) == await node.vm(spec.id), "it runs, and stays as it is"
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_image(image)
        assert refused.value.text.code == "ImageBusy"
        with pytest.raises(RemoteRefused) as refused:
            await node.resize_image(image, ImageResize(size_bytes=16 * MIB))
        assert refused.value.text.code == "ImageBusy"
        for _ in range(2):
            ended = await node.destroy_vm(spec.id)
            assert (ended.state, ended.reason) == (VmState.DOWN, DownReason.DESTROYED)
        assert await node.vm(spec.id) == ended
        assert ended in await node.vms()
        assert (await node.start_vm(spec)).state is VmState.UP
        await node.destroy_vm(spec.id)
        await node.remove_image(image)

    async def test_a_vm_that_starts_paused_goes_on_when_it_is_told_to(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), start_paused=True)
        for _ in range(2):
            assert (await node.start_vm(spec)).state is VmState.PAUSED
        for _ in range(2):
            assert (await node.resume_vm(spec.id)).state is VmState.UP
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused) as refused:
            await node.resume_vm(spec.id)
        assert refused.value.text.code == "VmNotPaused"

    async def test_a_vm_is_suspended_and_goes_on_from_its_memory_once(self, node: NodeApi) -> None:
        spec, memory = self.new_vm(), self.new_image()
        request = SuspendRequest(memory=memory)
        await node.start_vm(spec)
        for _ in range(2):
            saved = await node.suspend_vm(spec.id, request)
            assert (saved.state, saved.reason) == (VmState.DOWN, DownReason.SAVED)
        resumed = msgspec.structs.replace(spec, resume_from=memory)
        for _ in range(2):
            assert (await node.start_vm(resumed)).state is VmState.UP
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused) as refused:
            await node.start_vm(resumed)
        assert refused.value.text.code == "MemoryUnknown"
        with pytest.raises(RemoteRefused) as refused:
            await node.suspend_vm(spec.id, request)
        assert refused.value.text.code == "VmNotUp"
        await node.remove_image(memory)

    async def test_a_vm_that_no_node_can_make_is_refused(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), time_zone="Europe/Nowhere")
        with pytest.raises(RemoteRefused, match="no time zone 'Europe/Nowhere'") as refused:
            await node.start_vm(spec)
        assert refused.value.text.code == "VmNotPossible"
        assert await node.vm(spec.id) is None

    async def test_a_vm_that_is_reset_runs_on_and_one_that_is_down_stays_so(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        for _ in range(2):
            assert (await node.reset_vm(spec.id)).state is VmState.UP
        await node.destroy_vm(spec.id)
        assert (await node.reset_vm(spec.id)).state is VmState.DOWN

    async def test_the_guest_of_a_vm_that_is_up_is_asked_to_boot_again(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        for _ in range(2):
            assert (await node.reboot_vm(spec.id)).state is VmState.REBOOTING
        await node.destroy_vm(spec.id)
        assert (await node.reboot_vm(spec.id)).state is VmState.DOWN

    async def test_the_screen_of_a_running_vm_is_opened_with_a_ticket(self, node: NodeApi) -> None:
        spec = msgspec.structs.replace(self.new_vm(), graphics=(GraphicsType.VNC,))
        ticket = Ticket(type=GraphicsType.VNC, value="contract", valid_s=60)
        (graphics,) = (await node.start_vm(spec)).graphics
        assert (graphics.type, bool(graphics.address), graphics.port >= 5900) == (GraphicsType.VNC, True, True)
        for _ in range(2):
            await node.set_ticket(spec.id, ticket)
        for wrong in ({"value": ""}, {"value": "too long!"}, {"value": "a\nb"}, {"valid_s": 0}, {"valid_s": 1 << 40}):
            with pytest.raises(RemoteRefused) as refused:
                await node.set_ticket(spec.id, msgspec.structs.replace(ticket, **wrong))
            assert refused.value.text.code == "Malformed"
        assert (await node.destroy_vm(spec.id)).graphics == ()
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.set_ticket(spec.id, ticket)
        assert refused.value.text.code == "NoGraphics"

    async def test_a_vm_without_a_screen_has_none_that_a_ticket_opens(self, node: NodeApi) -> None:
        spec = self.new_vm()
        assert (await node.start_vm(spec)).graphics == ()
        with pytest.raises(RemoteRefused, match="it runs without VNC"):
            await node.set_ticket(spec.id, Ticket(type=GraphicsType.VNC, value="contract", valid_s=60))
        await node.destroy_vm(spec.id)

    async def test_a_disk_is_plugged_into_a_running_vm_once(self, node: NodeApi) -> None:
        image, spec = self.new_image(), self.new_vm()
        await node.make_image(image, ImageRequest(format=ImageFormat.QCOW2, size_bytes=MIB))
        disk = VmDisk(image=image, format=ImageFormat.QCOW2)
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.plug_disk(spec.id, disk)
        assert refused.value.text.code == "NotPluggable"
        await node.start_vm(spec)
        for _ in range(2):
            await node.plug_disk(spec.id, disk)
        with pytest.raises(RemoteRefused) as refused:
            await node.remove_image(image)
        assert refused.value.text.code == "ImageBusy"
        absent = msgspec.structs.replace(disk, image=self.new_image())
        with pytest.raises(RemoteRefused) as refused:
            await node.plug_disk(spec.id, absent)
        assert refused.value.text.code == "ImageUnknown"
        with pytest.raises(RemoteRefused, match="sata disks") as refused:
            await node.plug_disk(spec.id, msgspec.structs.replace(absent, bus=DiskBus.SATA))
        assert refused.value.text.code == "NotPluggable"
        await node.unplug_disk(spec.id, absent.image)  # what it does not have
        await node.destroy_vm(spec.id)
        await node.remove_image(image)

    async def test_a_nic_of_a_running_vm_changes_its_link_and_not_its_address(self, node: NodeApi) -> None:
        spec = self.new_vm()
        nic = VmNic(id=str(uuid.uuid4()), mac="02:00:00:00:00:0c", bridge="ovirtmgmt")
        await node.start_vm(spec)
        for linked in (True, True, False):
            await node.plug_nic(spec.id, msgspec.structs.replace(nic, linked=linked))
        with pytest.raises(RemoteRefused) as refused:
            await node.plug_nic(spec.id, msgspec.structs.replace(nic, mac="02:00:00:00:00:0d"))
        assert refused.value.text.code == "NotPluggable"
        await node.unplug_nic(spec.id, str(uuid.uuid4()))  # what it does not have
        await node.destroy_vm(spec.id)

    async def test_a_guest_without_an_agent_is_not_frozen(self, node: NodeApi) -> None:
        spec = self.new_vm()
        await node.start_vm(spec)
        with pytest.raises(RemoteRefused, match="agent") as refused:
            await node.freeze_vm(spec.id)
        assert refused.value.text.code == "NotFrozen"
        assert (await _hello(node)).guests == ()
        await node.destroy_vm(spec.id)
        with pytest.raises(RemoteRefused, match="does not run") as refused:
            await node.thaw_vm(spec.id)
        assert refused.value.text.code == "NotFrozen"

    async def test_a_vm_without_its_disk_is_not_started(self, node: NodeApi) -> None:
        spec = self.new_vm(VmDisk(image=self.new_image(), format=ImageFormat.QCOW2))
        with pytest.raises(RemoteRefused) as refused:
            await node.start_vm(spec)
        assert refused.value.text.code == "ImageUnknown"
        assert await node.vm(spec.id) is None

    async def test_a_vm_holds_its_lease_while_it_runs(self, node: NodeApi) -> None:
        resource = f"contract-{uuid.uuid4()}"
        request = LeaseRequest(lockspace=self.lockspace, resource=resource, storage_domain=self.domain)
        assert not (await node.lease(self.domain, self.lockspace, resource)).exists
        for _ in range(2):
            assert (await node.make_lease(request)).exists
        host_id = next(s.host_id for s in await node.lockspaces() if s.name == self.lockspace)
        spec = self.new_vm(lease=resource)
        await node.start_vm(spec)
        assert (await node.lease(self.domain, self.lockspace, resource)).holder == host_id
        await node.destroy_vm(spec.id)
        assert (await node.lease(self.domain, self.lockspace, resource)).holder is None

    async def test_timers_of_leases_that_are_so_already_are_left_in_peace(self, node: NodeApi) -> None:
        now = await node.lease_timers()
        assert self.lockspace in now.io_timeouts_s
        request = LeaseTimersRequest(
            watchdog_fire_timeout_s=now.watchdog_fire_timeout_s, io_timeouts_s=now.io_timeouts_s
        )
        assert await node.set_lease_timers(request) == now
        with pytest.raises(RemoteRefused) as refused:
            await node.set_lease_timers(LeaseTimersRequest(watchdog_fire_timeout_s=1, io_timeouts_s={}))
        assert refused.value.text.code == "Malformed"
        assert await node.lease_timers() == now

    async def test_files_of_the_site_are_written_on_its_volume(self, node: NodeApi) -> None:
        files = {"contract.json": "{}", "contract-2.json": "[1]"}
        for _ in range(2):
            report = await node.write_site_files(self.domain, SiteFilesRequest(files=files))
            assert report.digests.items() >= {
                ("contract.json", hashlib.sha256(b"{}").hexdigest()),
                ("contract-2.json", hashlib.sha256(b"[1]").hexdigest()),
            }
        assert await node.site_files(self.domain) == report
        with pytest.raises(RemoteRefused):
            await node.write_site_files(self.domain, SiteFilesRequest(files={"../x": ""}))
        with pytest.raises(RemoteRefused):
            await node.site_files("not-mounted")

    async def test_the_nodes_of_the_site_are_changed_and_nothing_else(self, node: NodeApi) -> None:
        await node.write_site_files(self.domain, SiteFilesRequest(files={"site.json": '{"name": "x", "nodes": []}'}))
        nodes = SiteNodes(nodes=(SiteNode(name="node9", address="192.0.2.19", host_id=9),))
        for _ in range(2):
            assert await node.set_site_nodes(self.domain, nodes) == nodes
        assert await node.site_nodes(self.domain) == nodes
        with pytest.raises(RemoteRefused):
            await node.site_nodes("not-mounted")

    async def test_memory_and_processors_of_the_engine_vm_are_edited_and_nothing_else(self, node: NodeApi) -> None:
        spec = self.new_vm()
        text = msgspec.json.encode(spec).decode()
        await node.write_site_files(self.domain, SiteFilesRequest(files={"engine-vm.json": text}))
        edit = EngineVmEdit(edit=str(uuid.uuid4()), memory_bytes=2 << 30, sockets=1, cores=2, threads=1)
        for _ in range(2):
            for report in (await node.edit_engine_vm(self.domain, edit), await node.engine_vm(self.domain)):
                wanted = report.wanted
                assert (wanted.id, wanted.name, wanted.disks, wanted.leases) == (
                    spec.id,
                    spec.name,
                    spec.disks,
                    spec.leases,
                )
                assert (wanted.memory_bytes, wanted.cores, wanted.edit) == (2 << 30, 2, edit.edit)
                assert (report.good, report.tried) == (None, None)
        with pytest.raises(RemoteRefused):
            await node.edit_engine_vm(self.domain, msgspec.structs.replace(edit, cores=0))
        with pytest.raises(RemoteRefused):
            await node.engine_vm("not-mounted")
        with pytest.raises(RemoteRefused):
            await node.edit_engine_vm("not-mounted", edit)

    async def test_the_keeper_of_the_engine_runs_until_it_is_released(self, node: NodeApi) -> None:
        for _ in range(2):
            for report in (await node.release_engine(), await node.ha()):
                assert (report.keeps, report.active) == (False, False)
        for _ in range(2):
            for report in (await node.keep_engine(), await node.ha()):
                assert (report.keeps, report.active) == (True, True)

    async def test_a_maintenance_holds_until_it_is_ended_and_is_told(self, node: NodeApi) -> None:
        for reason in ("a new disk", "two new disks"):
            for report in (await node.begin_maintenance(MaintenanceRequest(reason=reason)), await node.ha()):
                assert (report.maintenance, report.reason) == (True, reason)
        said = (await _hello(node)).ha
        assert said is not None
        assert (said.maintenance, said.reason) == (True, "two new disks")
        for _ in range(2):
            for report in (await node.end_maintenance(), await node.ha()):
                assert (report.maintenance, report.reason) == (False, "")
        assert report.at >= said.at

    async def test_vms_move_between_the_nodes_that_were_named(self, node: NodeApi) -> None:
        before = await node.migration()
        own = (await node.identity()).name
        try:
            for _ in range(2):
                found = await node.allow_migration(MigrationRequest(members=(own, "contract", own)))
                assert found == await node.migration()
                assert found == MigrationReport(members=tuple(sorted((own, "contract"))), listening=True)
            assert not (await node.allow_migration(MigrationRequest(members=()))).listening
        finally:
            await node.allow_migration(MigrationRequest(members=before.members))
        assert await node.migration() == before

    async def test_events_begin_with_hello_and_tell_of_vms(self, node: NodeApi) -> None:
        spec = self.new_vm()
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
            assert hello.kind is EventKind.HELLO
            assert spec.id not in {vm.id for vm in hello.vms}
            await node.start_vm(spec)
            assert (await _next_of(events, spec.id)).state is VmState.UP
            await node.destroy_vm(spec.id)
            down = await _next_of(events, spec.id)
            assert (down.state, down.reason) == (VmState.DOWN, DownReason.DESTROYED)
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            assert down in (await anext(events)).vms, "who was away learns how it ended"

    async def test_hello_tells_of_the_links_of_the_node_and_the_network_report_of_the_same(self, node: NodeApi) -> None:
        hello = await _hello(node)
        links = {link.name: link for link in hello.network.links} if hello.network is not None else {}
        nics = [link for link in links.values() if link.kind != "bridge" and link.carrier]
        assert nics
        assert all(link.mac for link in nics)
        assert {link.name for link in nics} <= hello.counters.keys()
        assert not [name for name in links if name.startswith(("lo", "vnet", "tap"))]
        observed = (await node.network()).observed
        interfaces = observed["interfaces"] if observed is not None else []
        assert isinstance(interfaces, list)
        assert {one["name"] for one in interfaces} >= links.keys()

    async def test_a_link_that_comes_loses_its_carrier_and_goes_is_told_of(self, node: NodeApi, cable: Cable) -> None:
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            assert (await anext(events)).kind is EventKind.HELLO
            await cable.plug()
            await _news_of(events, cable.link, carrier=True)
            await cable.pull()
            assert (await _news_of(events, cable.link, carrier=False)).up
            await cable.remove()
            async for event in events:
                if event.network is not None and cable.link in event.network.gone:
                    assert [said.says for said in event.network.events if said.interface == cable.link]
                    break

    async def test_the_mount_and_the_lockspace_are_reported(self, node: NodeApi) -> None:
        assert any(mount.storage_domain == self.domain and mount.mounted for mount in await node.mounts())
        assert any(space.name == self.lockspace and space.joined for space in await node.lockspaces())


async def _hello(node: NodeApi) -> Event:
    """A node that has just begun may not have looked at its network yet."""
    for _ in range(50):
        async with aclosing(cast(AsyncGenerator[Event, None], node.events())) as events:
            hello = await anext(events)
        if hello.network is not None:
            break
        await asyncio.sleep(0.1)
    return hello


async def _news_of(events: AsyncIterator[Event], name: str, *, carrier: bool) -> LinkReport:
    async for event in events:
        for link in event.network.links if event.network is not None else ():
            if link.name == name and link.carrier is carrier:
                return link
    raise AssertionError("the stream ended")


async def _next_of(events: AsyncIterator[Event], vm_id: str) -> VmReport:
    """The next report of the VM that is neither on its way up nor on its way down."""
    async for event in events:
        if event.vm is not None and event.vm.id == vm_id and event.vm.state in (VmState.UP, VmState.DOWN):
            return event.vm
    raise AssertionError("the stream ended")
