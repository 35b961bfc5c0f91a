"""The resources of the API: each decodes, asks one command or reads, and encodes."""

from hosted_engine.engine.engine import Engine
from hosted_engine.rest.call import Handlers
from hosted_engine.rest.resources.attachments import Attachments
from hosted_engine.rest.resources.disks import Disks
from hosted_engine.rest.resources.history import Events, Jobs
from hosted_engine.rest.resources.host_nics import HostNics
from hosted_engine.rest.resources.hosts import Hosts
from hosted_engine.rest.resources.networks import Networks
from hosted_engine.rest.resources.nics import Nics
from hosted_engine.rest.resources.places import Clusters, DataCenters, StorageDomains
from hosted_engine.rest.resources.system import System
from hosted_engine.rest.resources.templates import Templates
from hosted_engine.rest.resources.vms import Vms

RESOURCES = (
    Attachments,
    Clusters,
    DataCenters,
    Disks,
    Events,
    HostNics,
    Hosts,
    Jobs,
    Networks,
    Nics,
    StorageDomains,
    System,
    Templates,
    Vms,
)


def handlers(engine: Engine) -> Handlers:
    """Every method of the API that is there."""
    return {key: handler for resource in RESOURCES for key, handler in resource(engine).handlers().items()}
