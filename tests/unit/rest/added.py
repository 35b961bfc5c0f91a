"""What tests have added to an engine that several of them share."""

from ovirtsdk4 import services


def remove_added(system: services.SystemService) -> None:
    """The VMs, clusters, data centers and networks that a site does not begin with."""
    for vm in system.vms_service().list():
        if vm.name != "HostedEngine":
            system.vms_service().vm_service(vm.id).remove()
    for kind in (system.clusters_service(), system.data_centers_service()):
        for one in kind.list():
            if one.name != "Default":
                kind.service(one.id).remove()
    for network in system.networks_service().list():
        if network.name != "ovirtmgmt":
            system.networks_service().network_service(network.id).remove()
