"""The methods of the API: those that follow from declarations, the resources of what is no entity yet, and lists of
what cannot be there."""

from hosted_engine.engine.empty import EMPTY
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES
from hosted_engine.rest.call import Handlers
from hosted_engine.rest.entities.empty import EmptyHandlers
from hosted_engine.rest.entities.handlers import entity_handlers
from hosted_engine.rest.permissions.guard import check_known
from hosted_engine.rest.resources.host_nics import HostNics
from hosted_engine.rest.resources.system import ClusterLevels, System
from hosted_engine.rest.schema import schema

RESOURCES = (
    ClusterLevels,
    HostNics,
    System,
)


def handlers(engine: Engine) -> Handlers:
    """Every method of the API that is there. Raises TypeError for one of which nobody has said who may use it."""
    special = {key: handler for resource in RESOURCES for key, handler in resource(engine).handlers().items()}
    there = entity_handlers(engine, ENTITIES, schema()) | special
    every = EmptyHandlers(EMPTY, schema(), there).handlers()
    check_known(every)
    return every
