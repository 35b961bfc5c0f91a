"""VMs between the domain and the wire."""

from hosted_engine.engine.vms.model import Vm
from hosted_engine.rest.mapping.hardware import hardware_to_wire
from hosted_engine.rest.mapping.refs import ref, ref_or_none, when
from hosted_engine.rest.media.wire import Wire


def vm_to_wire(vm: Vm, *, has_next_run: bool = False) -> Wire:
    """`has_next_run`: its next start takes another configuration."""
    template = ref("templates", vm.template_id)
    return {
        **ref("vms", vm.id),
        **hardware_to_wire(vm),
        "status": vm.status.value,
        "status_detail": vm.detail or None,
        "start_time": when(vm.started_at),
        "stop_time": when(vm.stopped_at),
        "run_once": False,
        "next_run_configuration_exists": has_next_run,
        "has_illegal_images": False,
        "cluster": ref("clusters", vm.cluster_id),
        "template": template,
        "original_template": template,
        "host": ref_or_none("hosts", vm.node_id),
    }
