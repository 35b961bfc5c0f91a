"""The methods of the API: those that follow from declarations, its root, and lists of what cannot be there."""

from hosted_engine.engine.empty import EMPTY
from hosted_engine.engine.engine import Engine
from hosted_engine.engine.entities import ENTITIES, REPORTED, REQUESTS
from hosted_engine.engine.fixed import FIXED
from hosted_engine.rest.call import Handlers
from hosted_engine.rest.entities.empty import EmptyHandlers
from hosted_engine.rest.entities.fixed import fixed_handlers
from hosted_engine.rest.entities.handlers import entity_handlers
from hosted_engine.rest.entities.reported import ReportedHandlers
from hosted_engine.rest.entities.requests import request_handlers
from hosted_engine.rest.permissions.guard import check_known
from hosted_engine.rest.resources.directories import DirectoryHandlers
from hosted_engine.rest.resources.system import System
from hosted_engine.rest.schema import schema


def handlers(engine: Engine) -> Handlers:
    """Every method of the API that is there. Raises TypeError for one of which nobody has said who may use it."""
    there = {
        **entity_handlers(engine, ENTITIES, schema()),
        **fixed_handlers(FIXED, schema()),
        **request_handlers(engine, REQUESTS),
        **ReportedHandlers(engine, REPORTED, schema()).handlers(),
        **System(engine).handlers(),
    }
    there |= DirectoryHandlers(engine, there).handlers()
    every = EmptyHandlers(EMPTY, schema(), there).handlers()
    check_known(every)
    return every
