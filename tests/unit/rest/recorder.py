"""Handlers of the tests' own, for what is around them: they note the call and answer what the test wants."""

from xml.etree.ElementTree import Element, fromstring

import httpx

from hosted_engine.engine.problems import NameTaken, NotThere
from hosted_engine.rest.call import Answer, Call, Handler, Handlers
from node.api.problems import Failed

API = "/ovirt-engine/api"


class Recorder:
    """Handlers that note the call and answer what the test wants."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def handlers(self) -> Handlers:
        return {
            ("System", "get"): self.answer({"product_info": {"name": "x"}}),
            ("Vms", "list"): self.list_vms,
            ("Vms", "add"): self.answer({"id": "1", "href": f"{API}/vms/1", "name": "a"}, 201),
            ("Vm", "get"): self.get_vm,
            ("Vm", "update"): self.fail(NameTaken(name="a", kind="VM")),
            ("Vm", "remove"): self.fail(NotThere(kind="VM", id="1")),
            ("Vm", "start"): self.answer(None),
            ("Vm", "stop"): self.fail(NameTaken(name="a", kind="VM")),
            ("Vm", "suspend"): self.fail(Failed()),
            ("Vm", "reboot"): self.fail(RuntimeError("secret")),
            ("Cluster", "get"): self.answer({"id": "c", "href": f"{API}/clusters/c", "name": "Default"}),
            ("DiskAttachments", "list"): self.list_attachments,
            ("Disk", "get"): self.answer({"id": "d", "href": f"{API}/disks/d", "name": "disk"}),
        }

    def answer(self, value: dict[str, object] | None, status: int = 200) -> Handler:
        async def handler(call: Call) -> Answer:
            self.calls.append(call)
            return Answer(dict(value) if value else None, status)

        return handler

    def fail(self, err: Exception) -> Handler:
        async def handler(call: Call) -> Answer:
            raise err

        return handler

    async def list_vms(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer([_vm("1"), _vm("2")])

    async def get_vm(self, call: Call) -> Answer:
        self.calls.append(call)
        if call.ids["vm"] == "missing":
            raise NotThere(kind="VM", id="missing")
        return Answer(_vm(call.ids["vm"]))

    async def list_attachments(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer([{"id": "d", "disk": {"id": "d", "href": f"{API}/disks/d"}}])


def _vm(identity: str) -> dict[str, object]:
    cluster = {"id": "c", "href": f"{API}/clusters/c"}
    return {"id": identity, "href": f"{API}/vms/{identity}", "name": f"vm {identity}", "cluster": cluster}


def fault(response: httpx.Response) -> tuple[int, str, str]:
    root: Element = fromstring(response.text)
    found = root if root.tag == "fault" else root.find("fault")
    assert found is not None
    return response.status_code, found.findtext("reason") or "", found.findtext("detail") or ""
