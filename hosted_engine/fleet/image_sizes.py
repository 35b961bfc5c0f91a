"""Asks a node how large the images are that the deploy made, once each: one may take no room at all."""

import logging
from collections.abc import Collection

from hosted_engine.engine.disks.sizes import note_size, unmeasured
from hosted_engine.engine.ports import Store
from node.api.contract import NodeApi
from node.api.problems import Problem

log = logging.getLogger(__name__)


class ImageSizes:
    def __init__(self, store: Store, api: NodeApi) -> None:
        self._store = store
        self._api = api
        self._measured: set[str] = set()  # disks

    async def measure(self, storage_domains: Collection[str]) -> None:
        """Those on storage domains that the node has mounted. What cannot be asked now is asked the next time."""
        with self._store.transaction() as tx:
            images = unmeasured(tx, storage_domains)
        for disk_id, image in images.items():
            if disk_id in self._measured:
                continue
            try:
                report = await self._api.image(image)
            except Problem as err:
                log.warning("cannot look at the image of disk %s: %s", disk_id, err)
                continue
            if report is not None:
                with self._store.transaction() as tx:
                    note_size(tx, disk_id, report)
                self._measured.add(disk_id)
