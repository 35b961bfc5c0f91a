"""What the bodies of a host's installation and upgrade say, and what of it is refused by name."""

from collections.abc import Mapping

from hosted_engine.engine.command import Command
from hosted_engine.engine.entity.declaration import Values
from hosted_engine.engine.entity.field import Field
from hosted_engine.engine.nodes.commands.install import InstallNode
from hosted_engine.engine.nodes.model import Node
from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NotSupported, WrongState

INSTALLATION_INPUTS: Mapping[str, Field] = {
    "activate": Field("activate"),
    "authentication": Field("ssh.authentication_method"),
    "deploy_hosted_engine": Field("deploy_hosted_engine"),
    "undeploy_hosted_engine": Field("undeploy_hosted_engine"),
    "reboot": Field("reboot"),
    "root_password": Field("root_password"),
}


def install(tx: Transaction, node: Node, given: Values) -> Command:
    """Without `activate` it stays in maintenance. Raises NotSupported for what would be done otherwise than it is
    said."""
    for name, field in (("root_password", "root_password"), ("authentication", "ssh.authentication_method")):
        if given.get(name) not in (None, "", "publickey"):
            reason = "a host of the site is reached by its certificate; leave it out, or say publickey"
            raise NotSupported(value="a password", field=f"action.{field}", reason=reason)
    for name, is_so in (("deploy_hosted_engine", True), ("undeploy_hosted_engine", False)):
        if given.get(name, is_so) is not is_so:
            reason = "every host keeps the engine alive"
            raise NotSupported(value=str(not is_so).lower(), field=f"action.{name}", reason=reason)
    if given.get("reboot"):
        raise NotSupported(value="true", field="action.reboot", reason="nothing that is done needs a reboot")
    return InstallNode(id=node.id, activate=bool(given.get("activate", False)))


def upgrade(tx: Transaction, node: Node, given: Values) -> Command:
    """Raises WrongState, NotSupported."""
    waiting = node.capabilities.waiting_version if node.capabilities is not None else ""
    if not waiting:
        mend = "Write one on the host with `trivet node upgrade`, then check for upgrades"
        reason = "There are no available upgrades: no version waits there to be started"
        raise WrongState(action="upgrade", kind="host", name=node.name, reason=reason, mend=mend)
    reason = f"{waiting} is started by a reboot at the host itself, as soon as storage and VMs can do without it"
    raise NotSupported(value=waiting, field="action", reason=reason)
