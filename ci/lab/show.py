"""Shows the status of a lab to people."""

from rich.console import Console
from rich.table import Table

from ci.lab.status import LabStatus, NodeStatus
from gluster.report import format_problem


def show(status: LabStatus, console: Console) -> None:
    console.print(_nodes(status))
    if status.volumes:
        console.print(_volumes(status))
    for problem in status.problems:
        console.print("\n".join(format_problem(problem)), markup=False, highlight=False)
    if status.vms:
        console.print(_vms(status))
    if status.bare:
        console.print(
            "bare: no site is deployed. `trivet console` on a node creates one, `./trivet lab up` deploys one"
        )
        return
    api = "answers" if status.api else "does not answer"
    console.print(f"engine on {status.engine or 'no node'}; API {api}: {status.url}", markup=False)


def troubles(node: NodeStatus) -> str:
    """What keeps a node from its work, in words: services that do not run, and the like."""
    resting = {"glusterd"} if node.unclaimed else set()  # it starts when a site trusts the node
    down = [f"{name} {state}" for name, state in node.services.items() if state != "active" and name not in resting]
    return ", ".join((["cut off"] if node.cut else []) + (["in no site yet"] if node.unclaimed else []) + down)


def _nodes(status: LabStatus) -> Table:
    table = Table("node", "address", "power", "trouble", title=f"Lab {status.name}", title_justify="left")
    for node in status.nodes:
        table.add_row(node.name, node.address, node.power, troubles(node))
    return table


def _volumes(status: LabStatus) -> Table:
    table = Table("volume", "state", "health", "bricks online", "waiting to heal", "full")
    for volume in status.volumes:
        pending = "unknown" if volume.pending_heals is None else str(volume.pending_heals)
        online = "unknown" if volume.bricks_online is None else f"{volume.bricks_online} of {volume.bricks}"
        full = "unknown" if volume.used_percent is None else f"{volume.used_percent} %"
        table.add_row(volume.name, volume.status, volume.health, online, pending, full)
    return table


def _vms(status: LabStatus) -> Table:
    table = Table("VM", "node", "state")
    for vm in status.vms:
        table.add_row(vm.name, vm.node, vm.state)
    return table
