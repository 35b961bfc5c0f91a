"""Data centers in the API."""

from hosted_engine.engine.datacenters.model import DataCenter
from hosted_engine.engine.entity.declaration import READ, Entity, Place
from hosted_engine.engine.search.words import Shown, path

COMPATIBILITY = {"major": 4, "minor": 7}

DATA_CENTERS = Entity(
    DataCenter,
    "data_centers",
    kind="data center",
    type="DataCenter",
    path="datacenters",
    places=(Place(("DataCenters", "DataCenter"), methods=READ),),
    unique=(("name",),),
    shown={
        "quota_mode": "disabled",
        "storage_format": "v5",
        "supported_versions": [COMPATIBILITY],
        "version": COMPATIBILITY,
    },
    searches={"compatibility_version": Shown("version")},
    related={
        "clusters": path("clusters.data_center_id"),
        "networks": path("networks.data_center_id"),
        "storage": path("storage_domains.data_center_id"),
    },
)
