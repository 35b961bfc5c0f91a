"""trivet-ha of one fake node, as far as the node's contract has it."""

from collections.abc import Callable

from node.api.messages.ha import HaReport, MaintenanceRequest


class FakeHaService:
    """`maintenance` is the reason for it, None without one; `on_maintenance` is called when one begins or ends."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.hosted_engine_deployed = False
        self.maintenance: str | None = None
        self.global_maintenance = False
        self.score = 3400
        self.on_maintenance: Callable[[], None] = lambda: None
        self._now = now

    def ha(self) -> HaReport:
        """trivet-ha counts the host's score at once, not in its next round."""
        return HaReport(
            configured=self.hosted_engine_deployed,
            active=self.hosted_engine_deployed,
            at=self._now(),
            maintenance=self.maintenance is not None,
            reason=self.maintenance or "",
            score=(self.score if self.maintenance is None else 0) if self.hosted_engine_deployed else None,
            global_maintenance=self.global_maintenance if self.hosted_engine_deployed else None,
        )

    def deploy_hosted_engine(self) -> HaReport:
        self.hosted_engine_deployed = True
        return self.ha()

    def undeploy_hosted_engine(self) -> HaReport:
        self.hosted_engine_deployed, self.maintenance = False, None
        return self.ha()

    def begin_maintenance(self, request: MaintenanceRequest) -> HaReport:
        return self._maintain(request.reason)

    def end_maintenance(self) -> HaReport:
        return self._maintain(None)

    def _maintain(self, reason: str | None) -> HaReport:
        self.maintenance = reason
        self.on_maintenance()
        return self.ha()
