"""The network of one fake node: a document that is laid over, and checkpoints that bring the one before back."""

import copy
from collections.abc import Callable

from node.api import refusals as r
from node.api.messages.network import (
    LinkAddress,
    LinkCounters,
    LinkReport,
    NamesRequest,
    NetworkChange,
    NetworkEvent,
    NetworkReport,
    NetworkRequest,
    NetworkUpdate,
    PendingChange,
)

_DESCRIPTIONS = ("change the network",)
NIC = LinkReport(
    name="host0",
    kind="ethernet",
    up=True,
    carrier=True,
    mac="02:00:00:00:00:01",
    mtu=1500,
    speed_mbps=10_000,
    duplex="full",
    controller="ovirtmgmt",
)
BRIDGE = LinkReport(
    name="ovirtmgmt",
    kind="bridge",
    up=True,
    carrier=True,
    mac="02:00:00:00:00:01",
    mtu=1500,
    addresses=(LinkAddress(address="192.0.2.11/24", origin="static"),),
    gateways=("192.0.2.1",),
)


class FakeNodeNetwork:
    """Nothing is known here of what the words of a document mean."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.checkpoints: dict[str, dict[str, object]] = {}
        self.confirmed: set[str] = set()
        self._document: dict[str, object] = {"interfaces": []}
        self.links = {link.name: link for link in (NIC, BRIDGE)}
        self.counters = {NIC.name: LinkCounters()}
        self.drift: tuple[str, ...] | None = None

    def names(self) -> NamesRequest:
        return NamesRequest(names=dict(self.known))

    def set_names(self, request: NamesRequest) -> None:
        self.known = dict(request.names)

    def update(self) -> NetworkUpdate:
        """As HELLO tells of it."""
        return NetworkUpdate(links=tuple(self.links.values()), drift=self.drift)

    def network(self) -> NetworkReport:
        waits = [
            PendingChange(checkpoint=checkpoint, left_s=50, descriptions=_DESCRIPTIONS)
            for checkpoint in self.checkpoints
        ]
        observed: dict[str, object] = {"interfaces": [{"name": name} for name in self.links]}
        pending = waits[-1] if waits else None
        return NetworkReport(document=copy.deepcopy(self._document), pending=pending, observed=observed)

    def change_network(self, request: NetworkRequest) -> NetworkChange:
        """What is wished is laid over what is there, without the interfaces that should not be."""
        if not 5 <= request.confirm_within_s <= 600:
            raise r.Malformed(reason="the time to confirm has to be from 5 to 600 s")
        after = copy.deepcopy(self._document) | copy.deepcopy(request.document)
        links = after.get("interfaces")
        after["interfaces"] = [one for one in links if one.get("state") != "absent"] if isinstance(links, list) else []
        if after == self._document:
            return NetworkChange(changed=False)
        checkpoint = f"checkpoint-{len(self.checkpoints) + len(self.confirmed) + 1}"
        self.checkpoints[checkpoint] = self._document
        self._document = after
        return NetworkChange(changed=True, checkpoint=checkpoint, descriptions=_DESCRIPTIONS)

    def confirm_network(self, checkpoint: str) -> None:
        if checkpoint in self.confirmed:
            return
        if self.checkpoints.pop(checkpoint, None) is None:
            raise r.CheckpointGone(checkpoint=checkpoint)
        self.confirmed.add(checkpoint)

    def roll_back_network(self, checkpoint: str) -> None:
        if checkpoint in self.confirmed:
            raise r.CheckpointGone(checkpoint=checkpoint)
        if checkpoint in self.checkpoints:
            self.roll_back()

    def roll_back(self) -> None:
        for before in self.checkpoints.values():
            self._document = before
        self.checkpoints.clear()


class FakeCable:
    """A link of a fake node as tests.node_contract wants one; `tell` is FakeNode.change_link, `lose` lose_link."""

    link = "probe"

    def __init__(self, notify: Callable[..., None], lose: Callable[[str], None]) -> None:
        self._notify = notify
        self._lose = lose

    async def plug(self) -> None:
        self._notify(LinkReport(name=self.link, kind="ethernet", up=True, carrier=True))

    async def pull(self) -> None:
        event = NetworkEvent(kind="link-down", description=f"{self.link} lost its carrier", interface=self.link)
        self._notify(LinkReport(name=self.link, kind="ethernet", up=True, carrier=False), event)

    async def remove(self) -> None:
        self._lose(self.link)
