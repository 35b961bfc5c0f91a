"""The API's root"""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.ids import BLANK_TEMPLATE_ID
from hosted_engine.engine.nodes.model import NodeStatus
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.storage.model import StorageDomainStatus
from hosted_engine.engine.tags.entity import ROOT_TAG_ID
from hosted_engine.engine.vms.model import RUNNING
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.entities.codec import ROOT, ref
from hosted_engine.rest.media.wire import LINKS, Wire
from hosted_engine.rest.resources.base import Resource
from hosted_engine.rest.schema import schema

# The version of oVirt whose API this is: clients decide by it what they may ask for.
_OVIRT = {"major": 4, "minor": 5, "build": 6, "revision": 0}


class System(Resource):
    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._links = _root_links()

    def handlers(self) -> Handlers:
        return {("System", "get"): self.get}

    async def get(self, call: Call) -> Answer:
        user = ref("users", call.caller.user_id) if call.caller.user_id else None
        summary = await self.engine.store.read(_summary) if call.full_view else None
        return Answer(
            {
                LINKS: self._links,
                "product_info": {
                    "name": "oVirt Engine",
                    "vendor": "ovirt.org",
                    "version": {**_OVIRT, "full_version": f"4.5.6-1.trivet{_own_version()}"},
                },
                "special_objects": {
                    "blank_template": ref("templates", BLANK_TEMPLATE_ID),
                    "root_tag": ref("tags", ROOT_TAG_ID),
                },
                "summary": summary,
                "time": datetime.now(UTC),
                "authenticated_user": user,
                "effective_user": user,
            }
        )


def _summary(tx: Transaction) -> Wire:
    vms, domains = tx.vms, tx.storage_domains
    return {
        "vms": {"active": vms.count(status=RUNNING), "total": vms.count()},
        "hosts": {"active": tx.nodes.count(status=NodeStatus.UP), "total": tx.nodes.count()},
        "users": {"active": tx.users.count(), "total": tx.users.count()},
        "storage_domains": {"active": domains.count(status=StorageDomainStatus.ACTIVE), "total": domains.count()},
    }


def _root_links() -> list[tuple[str, str]]:
    """Every collection below the root, and how to search those that can be searched."""
    found_links: list[tuple[str, str]] = []
    for segment, name in schema().root.children.items():
        found_links.append((segment, f"{ROOT}/{segment}"))
        listing = schema().service(name).methods.get("list")
        if listing and "search" in listing.takes:
            start = ";from={event_id}" if segment == "events" else ""
            found_links.append((f"{segment}/search", f"{ROOT}/{segment}{start}?search={{query}}"))
    return found_links


def _own_version() -> str:
    try:
        return version("trivet")
    except PackageNotFoundError:
        return "0"
