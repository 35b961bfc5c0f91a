"""/vms and /vms/{vm}"""

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import found
from hosted_engine.engine.search.match import Fields
from hosted_engine.engine.vms.commands.add import AddVm
from hosted_engine.engine.vms.commands.remove import RemoveVm
from hosted_engine.engine.vms.commands.start import StartVm
from hosted_engine.engine.vms.commands.stop import ShutdownVm, StopVm
from hosted_engine.engine.vms.commands.update import UpdateVm
from hosted_engine.engine.vms.commands.update_engine_vm import UpdateEngineVm
from hosted_engine.engine.vms.engine_vm import has_next_run, with_config
from hosted_engine.engine.vms.model import Origin, Vm
from hosted_engine.rest.call import Answer, Call, Handlers
from hosted_engine.rest.mapping.hardware import hardware_from_wire
from hosted_engine.rest.mapping.refs import first, require
from hosted_engine.rest.mapping.vms import vm_to_wire
from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.resources.base import Resource, added, chosen, named, names


class Vms(Resource):
    def handlers(self) -> Handlers:
        return {
            ("Vms", "list"): self.list,
            ("Vms", "add"): self.add,
            ("Vm", "get"): self.get,
            ("Vm", "update"): self.update,
            ("Vm", "remove"): self.remove,
            ("Vm", "start"): self.start,
            ("Vm", "stop"): self.stop,
            ("Vm", "shutdown"): self.shutdown,
        }

    async def list(self, call: Call) -> Answer:
        with self.engine.store.transaction() as tx:
            fields = _fields(tx) if call.parameters.text("search") else {}
            return Answer([self._wire(call, vm) for vm in chosen(call, tx.vms.list(), fields)])

    async def add(self, call: Call) -> Answer:
        body = call.body
        require(body, "Vm", "add", "name", "cluster.id|name", "template.id|name")
        with self.engine.store.transaction() as tx:
            wanted = first(body.get("storage_domains")) or body.get("storage_domain")
            command = AddVm(
                name=body["name"],
                cluster_id=named(tx.clusters, body["cluster"], "cluster").id,
                template_id=named(tx.templates, body["template"], "template").id,
                storage_domain_id=named(tx.storage_domains, wanted, "storage domain").id if wanted else None,
                clone=call.parameters.boolean("clone") or False,
                **hardware_from_wire(body),
            )
        running = await self.perform(call, command)
        return added(running, vm_to_wire(self._vm(command.id)))

    async def get(self, call: Call) -> Answer:
        return Answer(self._wire(call, self._vm(call.ids["vm"])))

    async def update(self, call: Call) -> Answer:
        is_engine = self._vm(call.ids["vm"]).origin is Origin.MANAGED_HOSTED_ENGINE
        kind = UpdateEngineVm if is_engine else UpdateVm
        running = await self.perform(
            call, kind(id=call.ids["vm"], name=call.body.get("name"), **hardware_from_wire(call.body))
        )
        await running.wait()  # an update has always ended when it is answered, as in oVirt
        return await self.get(call)

    async def remove(self, call: Call) -> Answer:
        detach_only = call.parameters.boolean("detach_only") or False
        return await self.act(call, RemoveVm(id=call.ids["vm"], detach_only=detach_only))

    async def start(self, call: Call) -> Answer:
        wanted = call.body.get("vm", {}).get("placement_policy", {}).get("hosts", ())
        with self.engine.store.transaction() as tx:
            nodes = tuple(named(tx.nodes, host, "host").id for host in wanted)
        return await self.act(call, StartVm(id=call.ids["vm"], node_ids=nodes))

    async def stop(self, call: Call) -> Answer:
        return await self.act(call, StopVm(id=call.ids["vm"]))

    async def shutdown(self, call: Call) -> Answer:
        return await self.act(call, ShutdownVm(id=call.ids["vm"]))

    def _wire(self, call: Call, vm: Vm) -> Wire:
        """With `next_run` as its next start takes it. Only of the engine's VM that may be another one."""
        report = self.engine.readings.engine_vm
        if vm.origin is not Origin.MANAGED_HOSTED_ENGINE or report is None or not has_next_run(report):
            return vm_to_wire(vm)
        next_vm = with_config(vm, report.wanted) if call.parameters.boolean("next_run") else vm
        return vm_to_wire(next_vm, has_next_run=True)

    def _vm(self, identity: str) -> Vm:
        with self.engine.store.transaction() as tx:
            return found(tx.vms.get(identity), "VM", identity)


def _fields(tx: Transaction) -> Fields[Vm]:
    nodes, clusters, templates = names(tx.nodes), names(tx.clusters), names(tx.templates)
    centers = names(tx.data_centers)
    center_of = {cluster.id: centers.get(cluster.data_center_id) for cluster in tx.clusters.list()}

    def host(vm: Vm) -> str | None:
        return nodes.get(vm.node_id or "")

    def cluster(vm: Vm) -> str | None:
        return clusters.get(vm.cluster_id)

    def center(vm: Vm) -> str | None:
        return center_of.get(vm.cluster_id)

    def template(vm: Vm) -> str | None:
        return templates.get(vm.template_id)

    return {
        "id": lambda vm: vm.id,
        "name": lambda vm: vm.name,
        "description": lambda vm: vm.description,
        "comment": lambda vm: vm.comment,
        "status": lambda vm: vm.status.value,
        "memory": lambda vm: vm.memory_bytes >> 20,
        "type": lambda vm: vm.type.value,
        "os": lambda vm: vm.os_type,
        "host": host,
        "host.name": host,
        "hosts.name": host,
        "cluster": cluster,
        "cluster.name": cluster,
        "clusters.name": cluster,
        "datacenter": center,
        "datacenter.name": center,
        "datacenters.name": center,
        "template": template,
        "template.name": template,
        "templates.name": template,
    }
