"""Makes what examples expect to be there: through the API where it can, else in the database of a local site."""

from tests.conformance.examples.seeds import (
    disks,
    networks,
    others,
    people,
    places,
    pools,
    rows,
    storage,
    templates,
    vms,
)

__all__ = ["disks", "networks", "others", "people", "places", "pools", "rows", "storage", "templates", "vms"]
