"""Nodes that are fakes but for their transfers: images become files when somebody opens them, and are read back."""

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hosted_engine.authority import KeyPair, make_pair
from hosted_engine.transfer_proxy import ImageioProxy
from node.api.messages.identity import Role
from node.api.messages.images import ImageRef, ImageReport, ImageRequest
from node.api.messages.transfers import ImageCheck, TransferRenewal, TransferReport, TransferRequest
from node.system.process import run
from tests.fakes.node.site import FakeSite
from tests.fakes.node.transfers import FakeTransfers
from tests.fakes.node.vms import FakeVms
from tests.transfers.daemon import Daemon
from tests.transfers.node import RealTransfers

CONTENT_BYTES = 65536


@dataclass
class TransferSite:
    """Real transfers of nodes that listen on `address`, and of the engine beside them, each daemon started by its
    first use. `name` is the engine's for its clients."""

    folder: Path
    authority: KeyPair
    name: str
    address: str
    first_port: int = 54322
    _nodes: list[RealTransfers] = field(default_factory=list)
    _proxy: Daemon | None = None

    @property
    def volumes(self) -> Path:
        return self.folder / "volumes"

    def node(self, site: FakeSite, vms: FakeVms) -> "RealNodeTransfers":
        number = len(self._nodes)
        port = self.first_port + (0 if number == 0 else 10 + number)
        folder = self.folder / f"node{number}"
        made = RealTransfers(
            folder, self.authority, name=f"node{number}", address=self.address, port=port, volumes=self.volumes
        )
        self._nodes.append(made)
        return RealNodeTransfers(site, vms, now=lambda: 0.0, real=made)

    def proxy(self) -> "LazyProxy":
        pair = make_pair(self.authority, Role.ENGINE, self.name, names=(self.address,))
        own = self.folder / "proxy"
        self._proxy = Daemon(own, pair, self.authority.certificate, address=self.address, port=self.first_port + 1)
        return LazyProxy(pair.certificate, self._proxy)

    def left(self) -> list[dict[str, list[str]]]:
        return [node.left() for node in self._nodes]

    def stop(self) -> None:
        for node in self._nodes:
            node.stop()
        if self._proxy is not None:
            self._proxy.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class LazyProxy(ImageioProxy):
    """The engine's, over a daemon of the test's."""

    def __init__(self, certificate_pem: str, daemon: Daemon) -> None:
        super().__init__(certificate_pem, socket=daemon.socket, port=daemon.port)
        self.daemon = daemon

    async def add(self, *, ticket: str, transfer_id: str, url: str, size_bytes: int, inactivity_timeout_s: int) -> None:
        if not self.daemon.is_running:
            await asyncio.to_thread(self.daemon.start)
        await super().add(
            ticket=ticket,
            transfer_id=transfer_id,
            url=url,
            size_bytes=size_bytes,
            inactivity_timeout_s=inactivity_timeout_s,
        )


@dataclass
class RealNodeTransfers(FakeTransfers):
    """The node's own code instead of what it makes of it in memory."""

    real: RealTransfers = field(kw_only=True)

    async def transfers(self) -> tuple[TransferReport, ...]:  # type: ignore[override]
        return await self.real.transfers.transfers()

    async def open_transfer(self, request: TransferRequest) -> TransferReport:  # type: ignore[override]
        request = msgspec.structs.replace(request, image=self.mounted(request.image))
        await self._make_file(request.image)
        if not self.real.daemon.is_running:
            await asyncio.to_thread(self.real.daemon.start)
        return await self.real.transfers.open_transfer(request)

    async def transfer(self, transfer_id: str) -> TransferReport | None:  # type: ignore[override]
        return await self.real.transfers.transfer(transfer_id)

    async def renew_transfer(self, transfer_id: str, renewal: TransferRenewal) -> TransferReport:  # type: ignore[override]
        return await self.real.transfers.renew_transfer(transfer_id, renewal)

    async def close_transfer(self, transfer_id: str) -> None:  # type: ignore[override]
        await self.real.transfers.close_transfer(transfer_id)

    async def check_image(self, image: ImageRef, check: ImageCheck) -> ImageReport:  # type: ignore[override]
        image = self.mounted(image)
        report = await self.real.transfers.check_image(image, check)
        self.site.images[image] = report
        return report

    def file(self, image: ImageRef) -> Path:
        """`image` is as the site knows it."""
        return self.real.path(image)

    async def _make_file(self, image: ImageRef) -> None:
        """As the fake says that it is, with those that it stands on."""
        report = self.site.images.get(image)
        if report is None or self.file(image).exists():
            return
        if report.backing is not None:
            await self._make_file(report.backing)
        wanted = ImageRequest(format=report.format, size_bytes=report.virtual_size_bytes, backing=report.backing)
        await self.real.images.make_image(image, wanted)

    async def fill(self, image: ImageRef) -> None:
        """With some content, here and there."""
        await self._make_file(image)
        report, source = self.site.images[image], self.real.folder / "content"
        with source.open("wb") as file:
            file.truncate(report.virtual_size_bytes)
            for offset in (0, report.virtual_size_bytes // 2, report.virtual_size_bytes - CONTENT_BYTES):
                file.seek(offset)
                file.write(os.urandom(CONTENT_BYTES))
        argv = ("qemu-img", "convert", "-n", "-f", "raw", "-O", report.format.value, str(source))
        await asyncio.to_thread(run, *argv, str(self.file(image)))
        source.unlink()
