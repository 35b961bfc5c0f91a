"""Tags, labels, jobs, events and the rest."""

from typing import Any

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from tests.conformance.examples.case import Fixture, Site
from tests.conformance.examples.seeds.rows import added
from tests.conformance.examples.seeds.vms import on_vm

my_tag = added("tags", lambda: types.Tag(name="mytag", description="My custom tag"))

my_label = added("affinity_labels", lambda: types.AffinityLabel(name="my_affinity_label"))


def _tag(connection: sdk.Connection, service: Any) -> None:
    service.tags_service().add(types.Tag(name="mytag"))


def _label(connection: sdk.Connection, service: Any) -> None:
    labels = connection.system_service().affinity_labels_service()
    labels.label_service(labels.list()[0].id).vms_service().add(types.Vm(id=service.get().id))


tagged = on_vm(_tag, "myvm0")

labelled = on_vm(_label, "myvm0")


def tag(name: str, *owners: tuple[str, str]) -> Fixture:
    """With the objects, by collection (`vms`, `hosts`) and name, that have it."""

    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            system.tags_service().add(types.Tag(name=name))
            for collection, owner in owners:
                _service(system, collection, owner).tags_service().add(types.Tag(name=name))

    fixture.__name__ = f"tag_{name}"
    return fixture


def label(name: str, *owners: tuple[str, str]) -> Fixture:
    def fixture(site: Site) -> None:
        with site.connection() as connection:
            system = connection.system_service()
            made = system.affinity_labels_service().add(types.AffinityLabel(name=name))
            service = system.affinity_labels_service().label_service(made.id)
            for collection, owner in owners:
                if collection == "vms":
                    service.vms_service().add(types.Vm(id=_service(system, collection, owner).get().id))
                else:
                    service.hosts_service().add(types.Host(id=_service(system, collection, owner).get().id))

    fixture.__name__ = f"affinity_label_{name}"
    return fixture


def _service(system: Any, collection: str, name: str) -> Any:
    services = getattr(system, f"{collection}_service")()
    return services.service(services.list(search=f"name={name}")[0].id)


mac_pool = added(
    "mac_pools",
    lambda: types.MacPool(name="mymacpool", ranges=[types.Range(from_="02:00:00:00:00:00", to="02:00:00:01:00:00")]),
)

instance_type = added("instance_types", lambda: types.InstanceType(name="myit"))


def job(site: Site) -> None:
    """`job_name`, a client's own, with two steps that still run."""
    with site.connection() as connection:
        jobs = connection.system_service().jobs_service()
        steps = jobs.job_service(jobs.add(types.Job(description="job_name")).id).steps_service()
        for letter in "AB":
            steps.add(types.Step(description=f"step_name_{letter}", type=types.StepEnum.UNKNOWN))


def event(id: int) -> Fixture:
    """Some event, with that number."""

    def fixture(site: Site) -> None:
        site.execute("UPDATE events SET id = ? WHERE id = (SELECT max(id) FROM events)", id)

    fixture.__name__ = f"event_{id}"
    return fixture
