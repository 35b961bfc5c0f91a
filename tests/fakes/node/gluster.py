"""The site's Gluster pool as one fake node sees and changes it."""

from collections.abc import Callable

from gluster.report import StorageReport, make_report
from gluster.state import PoolState, ServerFacts
from node.api.messages.gluster import (
    BrickRemoval,
    BrickRequest,
    GlusterReport,
    PeerRequest,
    StorageState,
    VolumeReport,
    VolumeRequest,
)
from tests.fakes.node.site import FakeSite


class FakeGluster:
    """`own_state` is the pool as this node alone sees it, None where it sees what all see."""

    def __init__(self, site: FakeSite, name: str, now: Callable[[], float]) -> None:
        self.own_state: PoolState | None = None
        self._site = site
        self._name = name
        self._now = now

    def report(self) -> StorageReport:
        return make_report(self.own_state or self._site.pool_state(self._name))

    def gluster(self) -> GlusterReport:
        return self._site.gluster(self._name)

    def gluster_state(self) -> StorageState:
        return StorageState(at=self._now(), report=self.report())

    def gluster_facts(self) -> ServerFacts:
        return self._site.facts(self._name)

    def add_peer(self, request: PeerRequest) -> None:
        self._site.add_peers(self._name, request.hostname)

    def remove_peer(self, hostname: str) -> None:
        self._site.remove_peer(hostname)

    def give_up_server(self, request: PeerRequest) -> None:
        self._site.give_up_server(request.hostname)

    def clear_brick(self, request: BrickRequest) -> None:
        self._site.clear_brick(self._name, request.path)

    def remove_brick(self, request: BrickRemoval) -> None:
        self._site.remove_brick(self._name, request.path, request.volume_id)

    def make_volume(self, request: VolumeRequest) -> VolumeReport:
        return self._site.make_volume(request)

    def remove_volume(self, volume: str) -> None:
        self._site.remove_volume(volume)
