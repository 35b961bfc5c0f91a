"""The protocol around the objects: paths, parameters, headers, formats, faults; with handlers of the test's own."""

import json
import uuid
from contextlib import AbstractContextManager
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.rest.app import make_app
from tests.fakes.store import ReadsHere
from tests.unit.rest.recorder import API, Recorder, fault
from tests.unit.rest.test_auth import ADMIN, PASSWORD


@pytest.mark.parametrize(
    "path", ["/vms", "/vms/", "/v4/vms", "//vms//", "/vms?max=3", "/vms/?max=3", "/vms;max=3", "/vms;max=3;a=b/"]
)
async def test_paths_in_all_their_spellings(client: httpx.AsyncClient, recorder: Recorder, path: str) -> None:
    response = await client.get(API + path)
    assert response.status_code == 200
    assert [vm.get("id") for vm in fromstring(response.text).findall("vm")] == ["1", "2"]
    assert recorder.calls[0].parameters.integer("max") == (3 if "max" in path else None)


async def test_the_root_has_no_need_of_a_slash(client: httpx.AsyncClient) -> None:
    for path in (API, API + "/", API + ";a=b"):
        assert (await client.get(path)).status_code == 200
    assert (await client.get(API + "x")).status_code == 404


async def test_the_query_comes_before_the_matrix_and_that_before_the_header(
    client: httpx.AsyncClient, recorder: Recorder
) -> None:
    headers = {"All-Content": "true", "Filter": "yes"}
    await client.get(f"{API}/vms;all_content=false;max=5?max=7&case_sensitive=maybe", headers=headers)
    parameters = recorder.calls[0].parameters
    assert parameters.integer("max") == 7
    assert parameters.boolean("all_content") is False
    assert parameters.boolean("filter") is True
    assert parameters.boolean("case_sensitive") is None
    assert parameters.integer("case_sensitive") is None


async def test_ids_are_unquoted_once(client: httpx.AsyncClient, recorder: Recorder) -> None:
    await client.get(f"{API}/vms/a%2Fb%20c;x=y")
    assert recorder.calls[0].ids == {"vm": "a/b c"}


async def test_ids_in_capital_letters_are_the_same(client: httpx.AsyncClient, recorder: Recorder) -> None:
    upper = "ABCDEF01-2345-6789-ABCD-EF0123456789"
    await client.get(f"{API}/vms/{upper}")
    await client.get(f"{API}/vms/NO-UUID-ABC")
    await client.post(f"{API}/vms/{upper}/start", content=f'<action><vm id="{upper}"/></action>')
    assert [call.ids["vm"] for call in recorder.calls] == [upper.lower(), "NO-UUID-ABC", upper.lower()]
    assert recorder.calls[0].path == f"{API}/vms/{upper.lower()}"
    assert recorder.calls[2].body["vm"]["id"] == upper.lower()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("", "OPTIONS, GET, HEAD"),
        ("/vms", "OPTIONS, GET, HEAD, POST"),
        ("/vms/1/", "OPTIONS, DELETE, GET, HEAD, PUT"),
        ("/vms/1/start", "OPTIONS, POST"),
        ("/vms/1/Preview_Snapshot", "OPTIONS, POST"),
    ],
)
async def test_what_a_path_answers(client: httpx.AsyncClient, recorder: Recorder, path: str, allowed: str) -> None:
    response = await client.options(API + path)
    assert (response.status_code, response.headers["allow"], response.content) == (200, allowed, b"")
    refused = await client.patch(API + path)
    assert fault(refused)[:2] == (405, "Method Not Allowed")
    assert f"OPTIONS, {refused.headers['allow']}" == allowed
    assert recorder.calls == []
    assert (await client.options(f"{API}/nothing")).status_code == 404


async def test_an_update_cannot_give_another_id(client: httpx.AsyncClient) -> None:
    status, _, detail = fault(await client.put(f"{API}/vms/1", content='<vm id="2"/>'))
    assert (status, detail) == (409, 'vm.id = "2" is not that of the path, "1", and no id can be changed')
    for same in ('<vm id="1"/>', "<vm><id>1</id></vm>", "<vm/>"):
        assert fault(await client.put(f"{API}/vms/1", content=same))[2] == TAKEN


async def test_objects_carry_links_and_actions(client: httpx.AsyncClient) -> None:
    root = fromstring((await client.get(f"{API}/vms")).text)
    links = {link.get("rel"): link.get("href") for link in root.findall("vm[@id='2']/link")}
    assert links["nics"] == f"{API}/vms/2/nics"
    actions = {link.get("rel"): link.get("href") for link in root.findall("vm[@id='2']/actions/link")}
    assert actions["start"] == f"{API}/vms/2/start"


async def test_adding_answers_the_object_and_where_it_is(client: httpx.AsyncClient, recorder: Recorder) -> None:
    response = await client.post(f"{API}/vms", content="<vm><name>a</name><memory>5</memory></vm>")
    assert response.status_code == 201
    assert response.headers["location"] == f"{API}/vms/1"
    assert fromstring(response.text).find("actions/link[@rel='start']") is not None
    assert recorder.calls[0].body == {"name": "a", "memory": 5}


async def test_a_body_in_json(client: httpx.AsyncClient, recorder: Recorder) -> None:
    await client.post(f"{API}/vms", json={"name": "a", "memory": "5"})
    assert recorder.calls[0].body == {"name": "a", "memory": 5}


@pytest.mark.parametrize(
    ("headers", "query", "body", "waits"),
    [
        ({}, "", "<action/>", False),
        ({"Expect": "201-created"}, "", "<action/>", True),
        ({}, "?async=false", "<action/>", True),
        ({}, "?async=true", "<action/>", False),
        ({}, "", "<action><async>false</async></action>", True),
        ({}, "", "", False),
    ],
)
async def test_whether_the_caller_waits(
    client: httpx.AsyncClient, recorder: Recorder, headers: dict[str, str], query: str, body: str, waits: bool
) -> None:
    response = await client.post(f"{API}/vms/1/start{query}", content=body, headers=headers)
    assert response.status_code == 200
    assert fromstring(response.text).findtext("status") == "complete"
    assert recorder.calls[0].wait is waits


TAKEN = "[Cannot use the name a: another VM has it already. Choose another name.]"
NO_VM = "[There is no VM missing: no VM has that id. List what is there and choose one of them.]"
FAILED = "[The operation did not succeed: no reason was given. Look into the log of the service.]"
SYNTAX = "Request syntactically incorrect."
NO_INTEGER = "is no integer (a sign if need be, and 1 to 18 digits)"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "reason", "detail"),
    [
        ("GET /nothing", "", 404, "Not Found", "There is nothing at nothing"),
        ("GET /vms/1/nothing", "", 404, "Not Found", "There is nothing at vms/1/nothing"),
        ("GET /vms/missing", "", 404, "Operation Failed", NO_VM),
        ("PUT /vms", "<vm/>", 405, "Method Not Allowed", "vms does not answer PUT"),
        ("GET /vms/1/start", "", 405, "Method Not Allowed", "vms/1/start does not answer GET"),
        ("POST /vms", "", 400, SYNTAX, "The body is empty, and a vm has to be in it"),
        ("POST /vms", "<host/>", 400, SYNTAX, "The element 'host' is not the expected 'vm'"),
        ("POST /vms", "<vm><memory>x</memory></vm>", 400, "Invalid value", f'vm.memory: "x" {NO_INTEGER}'),
        ("PUT /vms/1", "<vm/>", 409, "Operation Failed", TAKEN),
        ("POST /vms/1/stop", "<action/>", 409, "Operation Failed", TAKEN),
        ("POST /vms/1/suspend", "<action/>", 500, "Operation Failed", FAILED),
        ("POST /vms/1/reboot", "<action/>", 500, "Operation Failed", "[Internal Engine Error]"),
    ],
)
async def test_faults(
    client: httpx.AsyncClient, request_line: str, body: str, status: int, reason: str, detail: str
) -> None:
    method, path = request_line.split()
    assert fault(await client.request(method, API + path, content=body)) == (status, reason, detail)


async def test_a_method_without_a_handler_says_so(client: httpx.AsyncClient) -> None:
    status, reason, detail = fault(await client.get(f"{API}/bookmarks"))
    assert (status, reason) == (501, "Not implemented")
    assert "Bookmarks.list is not there yet" in detail
    response = await client.post(f"{API}/vms/1/previewsnapshot", content="<action/>")
    assert fromstring(response.text).tag == "action"
    assert fromstring(response.text).findtext("status") == "failed"


async def test_malformed_xml_and_a_bomb(client: httpx.AsyncClient) -> None:
    for body in ("<vm>", '<!DOCTYPE a [<!ENTITY b "c">]><vm><name>&b;</name></vm>'):
        assert fault(await client.post(f"{API}/vms", content=body))[:2] == (400, "Request syntactically incorrect.")
    assert fault(await client.post(f"{API}/vms", content=b" " * ((1 << 20) + 1)))[0] == 413


async def test_the_correlation_id_comes_back(client: httpx.AsyncClient, recorder: Recorder) -> None:
    response = await client.get(f"{API}/vms", headers={"Correlation-Id": "my-own_1"})
    assert response.headers["correlation-id"] == "my-own_1"
    assert recorder.calls[0].caller.correlation_id == "my-own_1"
    response = await client.get(f"{API}/vms?correlation_id=other")
    assert response.headers["correlation-id"] == "other"
    assert len((await client.get(f"{API}/nothing")).headers["correlation-id"]) == 36


@pytest.mark.parametrize(
    ("header", "parameter", "expected"),
    [
        ("x" * 37, None, "x" * 36),
        ("a b/c.d", None, "abcd"),
        ("mine", "other", "mine"),
        ("äö", "x" * 50, "x" * 36),
        (None, "ä-1", "-1"),
        (None, "ä", None),
        ("", "", None),
    ],
)
async def test_no_correlation_id_is_refused(
    client: httpx.AsyncClient, recorder: Recorder, header: str | None, parameter: str | None, expected: str | None
) -> None:
    """As in oVirt: the header first; other characters are left out, and what is beyond 36."""
    headers = {b"Correlation-Id": header.encode()} if header is not None else {}
    params = {"correlation_id": parameter} if parameter is not None else {}
    response = await client.get(f"{API}/vms", params=params, headers=headers)
    assert response.status_code == 200
    shown = response.headers["correlation-id"]
    assert shown == expected or (expected is None and str(uuid.UUID(shown)) == shown)
    assert recorder.calls[0].caller.correlation_id == shown


async def test_what_the_api_does_not_have_is_told_to_the_handler(client: httpx.AsyncClient, recorder: Recorder) -> None:
    """Clients send back what they have read: links and actions are no news."""
    vm = "<name>a</name><colour>red</colour><os><boot dev='hd'/><colour/></os><colour/><link rel='x'/><actions/>"
    await client.post(f"{API}/vms", content=f"<vm id='1'>{vm}</vm>")
    body = {"name": "a", "colour": "red", "os": {"boot": {"@dev": "hd"}, "colour": None}, "link": [], "actions": {}}
    await client.post(f"{API}/vms", json=body)
    assert [call.unknown for call in recorder.calls] == [
        ("vm.colour", "vm.os.boot.@dev", "vm.os.colour"),
        ("vm.colour", "vm.os.boot.@dev", "vm.os.colour"),
    ]
    assert all("colour" not in call.body for call in recorder.calls)


async def test_what_we_write_has_nothing_that_we_do_not_know(client: httpx.AsyncClient, recorder: Recorder) -> None:
    for kind in ("xml", "json"):
        headers = {"Accept": f"application/{kind}", "Content-Type": f"application/{kind}"}
        shown = await client.get(f"{API}/vms/1", headers=headers)
        await client.post(f"{API}/vms", content=shown.content, headers=headers)
        assert (recorder.calls[-1].unknown, recorder.calls[-1].body["name"]) == ((), "vm 1")


async def test_follow_puts_objects_in_the_place_of_links(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{API}/vms?follow=disk_attachments.disk,cluster,nics,nonsense")
    vm = fromstring(response.text).find("vm")
    assert vm is not None
    assert vm.findtext("disk_attachments/disk_attachment/disk/name") == "disk"
    assert vm.findtext("cluster/name") == "Default"
    rels = [link.get("rel") for link in vm.findall("link")]
    assert "diskattachments" not in rels
    assert "nics" in rels  # has no handler: stays a link


async def test_without_credentials_there_is_nothing(client: httpx.AsyncClient, recorder: Recorder) -> None:
    for value in ("", "Bearer nonsense"):
        response = await client.get(f"{API}/vms", headers={"Authorization": value})
        assert fault(response)[:2] == (401, "Unauthorized")
        assert response.headers["www-authenticate"].startswith("Basic")
    assert recorder.calls == []


async def test_a_persistent_session_lives_in_a_cookie(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    response = await client.get(f"{API}/vms", auth=(ADMIN, PASSWORD), headers={"Prefer": "persistent-auth"})
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("JSESSIONID=")
    assert all(part in cookie for part in ("Path=/ovirt-engine/api", "Secure", "HttpOnly"))
    assert (await client.get(f"{API}/vms")).status_code == 200  # the client sends the cookie
    client.cookies.clear()
    assert (await client.get(f"{API}/vms")).status_code == 401


async def test_what_is_open_to_all(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    assert (await client.get("/ovirt-engine/services/health")).text == "DB Up!Welcome to Health Status!"
    pki = "/ovirt-engine/services/pki-resource"
    assert (await client.get(f"{pki}?resource=ca-certificate&format=X509-PEM-CA")).content == b"PEM"
    assert (await client.get(f"{pki}?resource=engine-key")).status_code == 404


async def test_a_store_that_does_not_answer_is_not_well() -> None:
    class Broken(ReadsHere):
        def transaction(self) -> AbstractContextManager[Transaction]:
            raise OSError("secret path")

    app = make_app(store=Broken(), handlers={}, authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as client:
        response = await client.get("/ovirt-engine/services/health")
    assert (response.status_code, response.text) == (500, "DB Down!")


async def test_a_list_in_json(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{API}/vms", headers={"Accept": "application/json"})
    assert [vm["id"] for vm in json.loads(response.text)["vm"]] == ["1", "2"]
