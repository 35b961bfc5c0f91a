"""The protocol around the objects: paths, parameters, headers, formats, faults; with handlers of the test's own."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest

from hosted_engine.engine.ports import Transaction
from hosted_engine.engine.problems import NameTaken, NotThere
from hosted_engine.rest.app import make_app
from hosted_engine.rest.call import Answer, Call, Handler, Handlers
from hosted_engine.rest.problems import AmbiguousName, NoSuchName
from node.api.problems import Failed
from tests.fakes.clock import FakeClock
from tests.fakes.engine import World
from tests.unit.rest.test_auth import ADMIN, PASSWORD, set_password

API = "/ovirt-engine/api"


class Recorder:
    """Handlers that note the call and answer what the test wants."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def handlers(self) -> Handlers:
        return {
            ("System", "get"): self.answer({"product_info": {"name": "x"}}),
            ("Vms", "list"): self.list_vms,
            ("Vms", "add"): self.answer({"id": "1", "href": f"{API}/vms/1", "name": "a"}, 201),
            ("Vm", "get"): self.get_vm,
            ("Vm", "update"): self.fail(NameTaken(name="a", kind="VM")),
            ("Vm", "remove"): self.fail(NotThere(kind="VM", id="1")),
            ("Vm", "start"): self.answer(None),
            ("Vm", "stop"): self.fail(NameTaken(name="a", kind="VM")),
            ("Vm", "suspend"): self.fail(Failed()),
            ("Vm", "reboot"): self.fail(RuntimeError("secret")),
            ("Cluster", "get"): self.answer({"id": "c", "href": f"{API}/clusters/c", "name": "Default"}),
            ("DiskAttachments", "list"): self.list_attachments,
            ("Disk", "get"): self.answer({"id": "d", "href": f"{API}/disks/d", "name": "disk"}),
        }

    def answer(self, value: dict[str, object] | None, status: int = 200) -> Handler:
        async def handler(call: Call) -> Answer:
            self.calls.append(call)
            return Answer(dict(value) if value else None, status)

        return handler

    def fail(self, err: Exception) -> Handler:
        async def handler(call: Call) -> Answer:
            raise err

        return handler

    async def list_vms(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer([_vm("1"), _vm("2")])

    async def get_vm(self, call: Call) -> Answer:
        self.calls.append(call)
        if call.ids["vm"] == "missing":
            raise NotThere(kind="VM", id="missing")
        return Answer(_vm(call.ids["vm"]))

    async def list_attachments(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer([{"id": "d", "disk": {"id": "d", "href": f"{API}/disks/d"}}])


def _vm(identity: str) -> dict[str, object]:
    cluster = {"id": "c", "href": f"{API}/clusters/c"}
    return {"id": identity, "href": f"{API}/vms/{identity}", "name": f"vm {identity}", "cluster": cluster}


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def client(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    store = World().store
    set_password(store)
    app = make_app(store=store, handlers=recorder.handlers(), authority_pem=b"PEM", clock=FakeClock().now)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as session:
        form = {"grant_type": "password", "scope": "ovirt-app-api", "username": ADMIN, "password": PASSWORD}
        token = (await session.post("/ovirt-engine/sso/oauth/token", data=form)).json()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield session


def fault(response: httpx.Response) -> tuple[int, str, str]:
    root: Element = fromstring(response.text)
    found = root if root.tag == "fault" else root.find("fault")
    assert found is not None
    return response.status_code, found.findtext("reason") or "", found.findtext("detail") or ""


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


async def test_json_and_xml_by_the_accept_header(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{API}/vms/1", headers={"Accept": "application/json"})
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["name"] == "vm 1"
    for accept in ("application/xml", "*/*", "application/xml, application/json"):
        response = await client.get(f"{API}/vms/1", headers={"Accept": accept})
        assert response.headers["content-type"].startswith("application/xml")


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=0, application/json;q=0"])
async def test_nothing_is_done_whose_answer_nobody_can_take(
    client: httpx.AsyncClient, recorder: Recorder, accept: str
) -> None:
    for method, path, body in (("GET", "/vms", ""), ("POST", "/vms", "<vm/>"), ("POST", "/vms/1/start", "")):
        response = await client.request(method, API + path, content=body, headers={"Accept": accept})
        assert fault(response)[:2] == (406, "Not Acceptable")
        assert response.headers["content-type"].startswith("application/xml")
    assert recorder.calls == []


async def test_answers_say_what_they_depend_on(client: httpx.AsyncClient) -> None:
    for path in ("/vms", "/nothing"):
        assert "Accept" in (await client.get(API + path)).headers["vary"]
    response = await client.get(f"{API}/vms", headers={"Accept": "text/xml"})
    assert response.headers["content-type"] == "text/xml;charset=UTF-8"


async def test_a_body_by_its_content_type(client: httpx.AsyncClient, recorder: Recorder) -> None:
    bodies = {
        "application/xml;charset=ISO-8859-1": "<vm><name>é</name></vm>".encode("latin-1"),
        "application/json; charset=utf-8": '{"name": "é"}'.encode(),
        "": '{"name": "é"}'.encode(),
    }
    for content_type, body in bodies.items():
        headers = {"Content-Type": content_type} if content_type else {}
        await client.post(f"{API}/vms", content=body, headers=headers)
        assert recorder.calls[-1].body == {"name": "é"}
    count = len(recorder.calls)
    for content_type in ("application/x-www-form-urlencoded", "text/plain", "application/xml; charset=klingon"):
        response = await client.post(f"{API}/vms", content="<vm/>", headers={"Content-Type": content_type})
        assert fault(response)[:2] == (415, "Unsupported Media Type")
    assert len(recorder.calls) == count
    # Where no body is read, it does not matter: librest sends a form's type with an empty one.
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post(f"{API}/vms/1/start", headers=headers)).status_code == 200


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
    assert (status, detail) == (409, 'vm: its id "2" is not that of the path, "1", and no id can be changed')
    for same in ('<vm id="1"/>', "<vm><id>1</id></vm>", "<vm/>"):
        assert fault(await client.put(f"{API}/vms/1", content=same))[2] == TAKEN


async def test_a_reference_by_a_name_that_nothing_has() -> None:
    assert NoSuchName(kind="template", name="x").detail == "There is no template named x"
    ambiguous = AmbiguousName(kind="network", name="x", found=2)
    assert ambiguous.detail == "2 objects of the kind network are named x"
    assert (NoSuchName.status, AmbiguousName.status) == (404, 409)


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
    ("header", "parameter", "kept"),
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
    client: httpx.AsyncClient, recorder: Recorder, header: str | None, parameter: str | None, kept: str | None
) -> None:
    """As in oVirt: the header first; other characters are left out, and what is beyond 36."""
    headers = {b"Correlation-Id": header.encode()} if header is not None else {}
    params = {"correlation_id": parameter} if parameter is not None else {}
    response = await client.get(f"{API}/vms", params=params, headers=headers)
    assert response.status_code == 200
    shown = response.headers["correlation-id"]
    assert shown == kept or (kept is None and str(uuid.UUID(shown)) == shown)
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


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": "password", "username": ADMIN, "password": "wrong"}, "access_denied"),
        ({"grant_type": "password", "username": ADMIN}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
    ],
)
async def test_no_token_for_the_wrong_word(client: httpx.AsyncClient, form: dict[str, str], code: str) -> None:
    response = await client.post("/ovirt-engine/sso/oauth/token", data=form)
    assert response.status_code == 400
    assert response.json()["error_code"] == code
    assert "wrong" not in response.json()["error"].replace("is wrong", "")


TOKEN, LOGOUT = "/ovirt-engine/sso/oauth/token", "/ovirt-engine/services/sso-logout"


@pytest.mark.parametrize("path", [TOKEN, f"{TOKEN}/", LOGOUT, "/ovirt-engine/sso/oauth/revoke"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_sign_on_answers_other_methods_in_json(client: httpx.AsyncClient, method: str, path: str) -> None:
    """Also where the query has all: a password in a path lands in logs."""
    form = {"grant_type": "password", "username": ADMIN, "password": PASSWORD, "token": "x"}
    for params in ({}, form):
        response = await client.request(method, path, params=params)
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")
        assert response.headers["content-type"].startswith("application/json")
        assert response.json()["error_code"] == "invalid_request"
        assert "answers POST only" in response.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        (TOKEN, b"", 400, "unsupported_grant_type", "none was sent"),
        (TOKEN, b"grant_type=magic", 400, "unsupported_grant_type", "'magic' is not"),
        (TOKEN, b"grant_type=password&username=a", 400, "invalid_request", "Both username and password"),
        (TOKEN, b"grant_type=password&password=a", 400, "invalid_request", "Both username and password"),
        (TOKEN, b'{"grant_type": "password"}', 400, "unsupported_grant_type", "none was sent"),
        (TOKEN, b"grant_type=\xff", 400, "invalid_request", "no UTF-8"),
        (TOKEN, b"grant_type=password&username=%ff", 400, "invalid_request", "no UTF-8"),
        (TOKEN, b"a=1&" * 51, 400, "invalid_request", "more than 50 fields"),
        (TOKEN, b"a" * 20_000, 400, "invalid_request", "longer than 16384 bytes"),
        (LOGOUT, b"", 400, "invalid_request", "token is missing"),
        (LOGOUT, b"token=%ff", 400, "invalid_request", "no UTF-8"),
        ("/ovirt-engine/sso/oauth/token-http-auth", b"", 404, "invalid_request", "Not Found"),
    ],
)
async def test_sign_on_says_what_is_wrong_in_json(
    client: httpx.AsyncClient, path: str, body: bytes, status: int, code: str, words: str
) -> None:
    response = await client.post(path, content=body)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["error_code"] == code
    assert words in response.json()["error"]


async def test_sign_on_is_json_even_where_nobody_foresaw_it() -> None:
    class Broken:
        def transaction(self) -> AbstractContextManager[Transaction]:
            raise OSError("secret path")

    app = make_app(store=Broken(), handlers={}, authority_pem=b"")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://engine") as client:
        response = await client.post(TOKEN, data={"grant_type": "password", "username": "a", "password": "b"})
    assert response.status_code == 500
    assert response.json() == {"error_code": "server_error", "error": "Internal Engine Error"}


async def test_sign_on_and_off(client: httpx.AsyncClient) -> None:
    form = {"grant_type": "password", "scope": "ovirt-app-api", "username": ADMIN, "password": PASSWORD}
    response = await client.post("/ovirt-engine/sso/oauth/token", data=form)
    answer = response.json()
    assert response.headers["content-type"].startswith("application/json")
    assert answer["token_type"] == "bearer"
    assert answer["exp"].isdigit()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await client.get(API, headers=bearer)).status_code == 200
    response = await client.post("/ovirt-engine/services/sso-logout", data={"token": answer["access_token"]})
    assert response.json() == {}
    assert (await client.get(API, headers=bearer)).status_code == 401


async def test_what_is_open_to_all(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    assert (await client.get("/ovirt-engine/services/health")).text == "DB Up!Welcome to Health Status!"
    pki = "/ovirt-engine/services/pki-resource"
    assert (await client.get(f"{pki}?resource=ca-certificate&format=X509-PEM-CA")).content == b"PEM"
    assert (await client.get(f"{pki}?resource=engine-key")).status_code == 404


async def test_a_store_that_does_not_answer_is_not_well() -> None:
    class Broken:
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
