"""The commands about a node's storage and versions, wired to this machine."""

from gluster.command import make_group as gluster_group
from hosted_engine.deploy.certificate_command import recover_certificates
from installer.storage import observe_state
from node.upgrade.command import make_group as node_group

gluster = gluster_group(observe_state)
node = node_group(observe_state)
node.add_command(recover_certificates)
