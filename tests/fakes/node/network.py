"""The network of one fake node: a document that is laid over, and checkpoints that bring the one before back."""

import copy

from node.api import refusals as r
from node.api.messages.network import NetworkChange, NetworkReport, NetworkRequest, PendingChange

_SAYS = ("change the network",)


class FakeNodeNetwork:
    """Nothing is known here of what the words of a document mean."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.checkpoints: dict[str, dict[str, object]] = {}
        self.confirmed: set[str] = set()
        self._document: dict[str, object] = {"interfaces": []}

    def report(self) -> NetworkReport:
        waits = [PendingChange(checkpoint=checkpoint, left_s=50, says=_SAYS) for checkpoint in self.checkpoints]
        return NetworkReport(document=copy.deepcopy(self._document), pending=waits[-1] if waits else None)

    def change(self, request: NetworkRequest) -> NetworkChange:
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
        return NetworkChange(changed=True, checkpoint=checkpoint, says=_SAYS)

    def confirm(self, checkpoint: str) -> None:
        if checkpoint in self.confirmed:
            return
        if self.checkpoints.pop(checkpoint, None) is None:
            raise r.CheckpointGone(checkpoint=checkpoint)
        self.confirmed.add(checkpoint)

    def roll_back(self, checkpoint: str) -> None:
        if checkpoint in self.confirmed:
            raise r.CheckpointGone(checkpoint=checkpoint)
        if checkpoint in self.checkpoints:
            self.go_back()

    def go_back(self) -> None:
        for before in self.checkpoints.values():
            self._document = before
        self.checkpoints.clear()
