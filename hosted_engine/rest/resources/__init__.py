"""The methods of the API: those that follow from declarations, and the resources of what is no entity yet."""

from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.rest.call import Handlers
from hosted_engine.rest.entities.handlers import entity_handlers
from hosted_engine.rest.permissions.guard import check_known
from hosted_engine.rest.resources.attachments import Attachments
from hosted_engine.rest.resources.disks import Disks
from hosted_engine.rest.resources.history import Events, Jobs
from hosted_engine.rest.resources.host_nics import HostNics
from hosted_engine.rest.resources.hosts import Hosts
from hosted_engine.rest.resources.networks import Networks
from hosted_engine.rest.resources.system import ClusterLevels, System
from hosted_engine.rest.schema import schema

RESOURCES = (
    Attachments,
    ClusterLevels,
    Disks,
    Events,
    HostNics,
    Hosts,
    Jobs,
    Networks,
    System,
)


def handlers(engine: Engine) -> Handlers:
    """Every method of the API that is there. Raises TypeError for one of which nobody has said who may use it."""
    special = {key: handler for resource in RESOURCES for key, handler in resource(engine).handlers().items()}
    there = entity_handlers(engine, ENTITIES, schema()) | special
    check_known(there)
    return there
