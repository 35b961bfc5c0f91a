"""Virtual machines over HTTP."""

from falcon.asgi import Request, Response

from node.api.contract import NodeApi
from node.api.messages.vms import VmSpec
from node.api.refusals import VmUnknown
from node.server.wire import answer, same, whole_body


class VmsResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response) -> None:
        answer(resp, await self._node.vms())


class VmResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, vm_id: str) -> None:
        found = await self._node.vm(vm_id)
        if found is None:
            raise VmUnknown(vm=vm_id)
        answer(resp, found)

    async def on_put(self, req: Request, resp: Response, vm_id: str) -> None:
        spec = await whole_body(req, VmSpec)
        same("VM", vm_id, spec.id)
        answer(resp, await self._node.define_vm(spec))

    async def on_delete(self, req: Request, resp: Response, vm_id: str) -> None:
        await self._node.undefine_vm(vm_id)
        resp.status = 204


class VmStartResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response, vm_id: str) -> None:
        answer(resp, await self._node.start_vm(vm_id))


class VmResumeResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response, vm_id: str) -> None:
        answer(resp, await self._node.resume_vm(vm_id))


class VmShutdownResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response, vm_id: str) -> None:
        answer(resp, await self._node.shutdown_vm(vm_id))


class VmDestroyResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_post(self, req: Request, resp: Response, vm_id: str) -> None:
        answer(resp, await self._node.destroy_vm(vm_id))


class VmConsoleResource:
    def __init__(self, node: NodeApi) -> None:
        self._node = node

    async def on_get(self, req: Request, resp: Response, vm_id: str) -> None:
        answer(resp, await self._node.console_log(vm_id))
