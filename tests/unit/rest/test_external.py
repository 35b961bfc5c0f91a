"""What clients tell of: events and jobs of their own, through the unmodified SDK."""

from collections.abc import Iterator
from pathlib import Path

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.jobs.model import JobStatus
from hosted_engine.engine.tasks.history import FAILED_JOBS_S, sweep
from tests.unit.rest.server import Served, served


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as there:
        yield there


@pytest.fixture
def system(engine: Served) -> Iterator[services.SystemService]:
    connection = engine.connection()
    yield connection.system_service()
    connection.close()


def event(**other: object) -> types.Event:
    said = {"description": "/home is full", "severity": types.LogSeverity.WARNING, "origin": "monitor", "custom_id": 7}
    return types.Event(**{**said, **other})


def test_a_client_tells_of_an_event_once(system: services.SystemService) -> None:
    events = system.events_service()
    vm = system.vms_service().list()[0]
    first = events.add(event(vm=types.Vm(id=vm.id), flood_rate=60, custom_data="df"))
    assert (first.code, first.origin, first.custom_id, first.vm.id) == (9802, "monitor", 7, vm.id)
    assert (first.flood_rate, first.custom_data, first.correlation_id is not None) == (60, "df", True)
    assert first.time is not None
    again = events.add(event(vm=types.Vm(id=vm.id), flood_rate=60, custom_data="df"))
    assert again.id == first.id
    assert [one.id for one in events.list(search="origin=monitor and custom_event_id=7")] == [first.id]


@pytest.mark.parametrize("other", [{"description": "/var is full"}, {"severity": types.LogSeverity.ERROR}])
def test_a_number_names_one_event_of_its_origin(system: services.SystemService, other: dict[str, object]) -> None:
    events = system.events_service()
    events.add(event())
    with pytest.raises(sdk.Error, match="7 of monitor"):
        events.add(event(**other))
    assert events.add(event(origin="another", **other)).custom_id == 7


@pytest.mark.parametrize("other", [{"origin": "OVIRT"}, {"origin": ""}, {"custom_id": None}, {"description": ""}])
def test_what_no_client_can_tell(system: services.SystemService, other: dict[str, object]) -> None:
    with pytest.raises(sdk.Error, match="HTTP response code is 400"):
        system.events_service().add(event(**other))


@pytest.mark.parametrize(
    ("severity", "code"),
    [
        (types.LogSeverity.NORMAL, 9801),
        (types.LogSeverity.WARNING, 9802),
        (types.LogSeverity.ERROR, 9803),
        (types.LogSeverity.ALERT, 9804),
    ],
)
def test_the_code_is_that_of_the_severity(
    system: services.SystemService, severity: types.LogSeverity, code: int
) -> None:
    assert system.events_service().add(event(severity=severity)).code == code


def test_an_event_is_removed(system: services.SystemService) -> None:
    events = system.events_service()
    service = events.event_service(events.add(event()).id)
    service.remove()
    with pytest.raises(sdk.NotFoundError):
        service.get()


def test_who_polls_gets_each_event_once_and_in_order(system: services.SystemService) -> None:
    """As the SDK's poll_events does: the index of the last one that it was given is where it goes on."""
    events = system.events_service()
    index = int(events.list(max=1)[0].id)
    told, seen = [], []
    for number in range(7):
        told.append(events.add(event(custom_id=number)).id)
        if number % 3 == 2:
            for one in events.list(from_=index, search="origin=monitor"):
                seen.append(one.id)
                index = int(one.id)
    assert seen == told[:6]


def test_a_job_of_a_client_goes_its_way(system: services.SystemService) -> None:
    jobs = system.jobs_service()
    job = jobs.add(types.Job(description="a backup", auto_cleared=True))
    assert (job.external, job.status, job.owner is not None) == (True, types.JobStatus.STARTED, True)
    service = jobs.job_service(job.id)
    steps = service.steps_service()
    copying = steps.add(types.Step(description="copying", type=types.StepEnum.EXECUTING))
    disk = steps.add(types.Step(description="disk 1", type=types.StepEnum.EXECUTING, parent_step=copying))
    steps.add(types.Step(description="tidying", type=types.StepEnum.FINALIZING))
    assert disk.parent_step.id == copying.id
    assert {one.description: one.number for one in steps.list()} == {"copying": 0, "disk 1": 0, "tidying": 1}
    steps.step_service(disk.id).end(succeeded=False)
    assert steps.step_service(disk.id).get().status is types.StepStatus.FAILED
    assert service.get().status is types.JobStatus.STARTED
    with pytest.raises(sdk.Error, match="failed already"):
        steps.step_service(disk.id).end(succeeded=True)
    service.end(succeeded=True)
    assert {one.description: one.status.value for one in steps.list()} == {
        "copying": "finished",
        "disk 1": "failed",
        "tidying": "finished",
    }
    assert service.get().end_time is not None
    with pytest.raises(sdk.Error, match="finished already"):
        steps.add(types.Step(description="too late", type=types.StepEnum.EXECUTING))
    with pytest.raises(sdk.Error, match="finished already"):
        service.end(succeeded=True)


def test_a_step_stands_below_one_of_its_own_job(system: services.SystemService) -> None:
    jobs = system.jobs_service()
    one, other = (jobs.job_service(jobs.add(types.Job(description=name)).id) for name in ("one", "other"))
    step = one.steps_service().add(types.Step(description="step", type=types.StepEnum.EXECUTING))
    with pytest.raises(sdk.Error, match=r"step\.parent_step"):
        other.steps_service().add(types.Step(description="s", type=types.StepEnum.EXECUTING, parent_step=step))


def test_jobs_of_the_engine_are_not_the_clients(system: services.SystemService) -> None:
    system.tags_service().add(types.Tag(name="some"))
    own = next(job for job in system.jobs_service().list() if not job.external)
    service = system.jobs_service().job_service(own.id)
    for act in (service.clear, lambda: service.end(succeeded=True)):
        with pytest.raises(sdk.Error, match="job of the engine"):
            act()


def test_a_job_that_its_client_will_clear_stays_until_then(engine: Served, system: services.SystemService) -> None:
    jobs = system.jobs_service()
    service = jobs.job_service(jobs.add(types.Job(description="kept", auto_cleared=False)).id)
    service.end(succeeded=False)

    def sweep_later() -> None:
        with engine.world.store.transaction() as tx:
            assert any(job.status is JobStatus.FAILED for job in tx.jobs.list())
            sweep(tx, engine.world.engine.clock() + 2 * FAILED_JOBS_S)

    sweep_later()
    assert service.get().description == "kept"
    service.clear()
    sweep_later()
    with pytest.raises(sdk.NotFoundError):
        service.get()


def test_operating_systems_are_those_of_ovirt(system: services.SystemService) -> None:
    systems = {one.name: one for one in system.operating_systems_service().list()}
    assert systems["rhel_7x64"].architecture is types.Architecture.X86_64
    service = system.operating_systems_service().operating_system_service(systems["windows_10"].id)
    assert service.get().description == "Windows 10"
    with pytest.raises(sdk.NotFoundError):
        system.operating_systems_service().operating_system_service("4711").get()


def test_a_nic_is_taken_out_and_put_back(system: services.SystemService) -> None:
    blank = types.Template(name="Blank")
    vm = system.vms_service().add(types.Vm(name="plugs", cluster=types.Cluster(name="Default"), template=blank))
    nics = system.vms_service().vm_service(vm.id).nics_service()
    nic = nics.nic_service(nics.add(types.Nic(name="nic1")).id)
    for act, plugged in ((nic.deactivate, False), (nic.deactivate, False), (nic.activate, True)):
        act()
        assert nic.get().plugged is plugged
