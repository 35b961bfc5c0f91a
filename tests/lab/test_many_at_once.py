"""Fifty VMs are made at once, and removed at once: each is whole or was refused with a reason, and nothing is left."""

import os
import time
import uuid

import pytest

from tests.conformance.outside import all_traces, until
from tests.lab.many import Answer, Question, ask, at_once
from tests.lab.under_test import LabUnderTest

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

OWN, TWICE = 40, 10  # names: of so many VMs one each, and the first of them once more
ALL_WITHIN_S = 900


def test_fifty_vms_are_made_and_removed_at_once(lab: LabUnderTest) -> None:
    before, prefix = all_traces(lab), f"test-{uuid.uuid4().hex[:8]}"
    names = [f"{prefix}-{number:02}" for number in (*range(OWN), *range(TWICE))]

    def vms() -> list[dict[str, str]]:
        return list(ask(lab, "GET", f"/vms?search=name%3D{prefix}*&max=200").body.get("vm", []))

    begun = time.monotonic()
    answers = at_once(lab, [Question("POST", "/vms", new_vm(name)) for name in names])
    answered_s = time.monotonic() - begun
    until("all are made", lambda: {vm["status"] for vm in vms()} == {"down"}, timeout_s=ALL_WITHIN_S, every_s=2)
    report(f"50 creates answered in {answered_s:.1f} s, made in {time.monotonic() - begun:.1f} s")
    try:
        assert [one.reason for one in answers if one.code >= 500] == []
        made, refused = [one for one in answers if one.code < 300], [one for one in answers if one.code >= 400]
        assert sorted(vm["name"] for vm in vms()) == sorted(one.body["name"] for one in made) == sorted(set(names))
        assert len(refused) == TWICE
        assert all(gives_reason(one) for one in refused), [one.reason for one in refused]
        new = {node: traces.files - before[node].files for node, traces in all_traces(lab).items()}
        images = {line for line in new[lab.nodes[0]] if line.startswith("./images/")}
        assert len({line.split("/")[2] for line in images}) == OWN
    finally:
        begun = time.monotonic()
        gone = at_once(lab, [Question("DELETE", f"/vms/{vm['id']}") for vm in vms()])
    assert {one.code for one in gone} <= {200}, [one.reason for one in gone if one.code != 200]
    until("all are gone", lambda: not vms(), timeout_s=ALL_WITHIN_S, every_s=2)
    report(f"{len(gone)} removals done in {time.monotonic() - begun:.1f} s")
    assert ask(lab, "GET", f"/disks?search=name%3D{prefix}*").body.get("disk", []) == []
    until("no job is open", lambda: not open_jobs(lab), timeout_s=ALL_WITHIN_S, every_s=2)
    until("nothing of them is left on any node", lambda: all_traces(lab) == before, timeout_s=180)


def new_vm(name: str) -> dict[str, object]:
    return {"name": name, "cluster": {"name": "Default"}, "template": {"name": "tiny"}}


def gives_reason(answer: Answer) -> bool:
    """A name that another has already, or is about to have."""
    return answer.code == 409 and "name" in answer.reason


def open_jobs(lab: LabUnderTest) -> list[str]:
    jobs = ask(lab, "GET", "/jobs").body.get("job", [])
    return [job["description"] for job in jobs if job["status"] == "started"]


def report(what: str) -> None:
    print(f"{what} (load {os.getloadavg()[0]:.1f})")
