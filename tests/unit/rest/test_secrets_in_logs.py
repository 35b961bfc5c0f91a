"""Known passwords, tokens and tickets stand in no log, however much is logged, in no event, no file of the engine."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from hosted_engine import config
from hosted_engine.accounts import __main__ as accounts
from hosted_engine.config import Config
from hosted_engine.engine.users.model import Group
from tests.fakes.engine import PASSWORD
from tests.fakes.machine import CLAIM_CODE
from tests.unit.rest.people import give
from tests.unit.rest.server import Served, served
from tests.unit.rest.test_directories import DOMAIN, WORD, add_domain, fill
from tests.unit.rest.test_secrets_at_rest import files_with

WRONG, NEW, SHORT, BIND = "a-wrong-Geheimnis", "the-next-Geheimnis", "shrt-7!", "bind-secret"
TOKEN, LOGOUT, CHANGE = "sso/oauth/token", "services/sso-logout", "sso/interactive-change-passwd"


@dataclass
class Client:
    """A client that notes every secret that it sends or is given."""

    http: httpx.Client
    secrets: set[str] = field(default_factory=set)

    def post(self, path: str, **form: str) -> httpx.Response:
        return self.http.post(f"/ovirt-engine/{path}", data=form)

    def token(self, user: str, password: str) -> str:
        answer = self.post(TOKEN, grant_type="password", username=user, password=password).json()
        token = str(answer.get("access_token", ""))
        self.secrets |= {password, token} - {""}
        return token

    def api(self, http: str, path: str, **more: object) -> httpx.Response:
        return self.http.request(http, f"/ovirt-engine/api/{path}", **more)  # type: ignore[arg-type]  # of httpx


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(config, "load", lambda: Config(state=str(tmp_path)))
    with served(tmp_path) as there:
        add_domain(there.world)
        fill(there.world.directories)
        yield there


@pytest.fixture
def client(engine: Served) -> Iterator[Client]:
    with httpx.Client(base_url=f"https://localhost:{engine.port}", verify=str(engine.ca_file)) as http:
        http.headers["Accept"] = "application/json"
        yield Client(http, {WRONG, NEW, SHORT, BIND, CLAIM_CODE})


def test_no_secret_is_written_anywhere(
    engine: Served, client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_on_all(client)
    change_passwords(client)
    users_of_a_directory(engine, client)
    tickets_and_codes(client)
    service_account(client)
    logging.getLogger("test").info("the log is looked at")
    assert len(client.secrets) > 12
    assert {"engine.db-wal: the-sentinel"} <= set(files_with(tmp_path, "the-sentinel"))
    log = engine_log(caplog)
    assert "the log is looked at" in log
    assert not {secret for secret in client.secrets if secret in log}
    assert not files_with(tmp_path, *client.secrets)


def engine_log(caplog: pytest.LogCaptureFixture) -> str:
    """Without what this test's own client logs; and without requests, queries and all, which no server of ours logs:
    pytest hangs its handlers there all the same."""
    access = logging.getLogger("uvicorn.access")
    assert not access.propagate
    assert all(type(handler).__name__ == "LogCaptureHandler" for handler in access.handlers)
    others = ("httpx", "httpcore", access.name)
    records = [record for record in caplog.records if not record.name.startswith(others)]
    return "\n".join(f"{record.name} {record.getMessage()} {record.exc_text or ''}" for record in records)


def sign_on_all(client: Client) -> None:
    for password in (PASSWORD, WRONG):
        client.token("admin@internal", password)
        client.token(f"nobody-{password[:1]}@internal", password)
        client.secrets.add(base64.b64encode(f"admin@internal:{password}".encode()).decode())
        client.api("GET", "", auth=("admin@internal", password))
    cookie = client.api("GET", "", auth=("admin@internal", PASSWORD), headers={"Prefer": "persistent-auth"})
    client.secrets.add(cookie.cookies["JSESSIONID"])
    client.http.cookies.clear()
    token = client.token("admin@internal", PASSWORD)
    client.api("GET", "vms", headers={"Authorization": f"Bearer {token}"})
    client.post(LOGOUT, token=token, scope="")
    client.api("GET", "vms", headers={"Authorization": f"Bearer {token}"})
    client.http.get(f"/ovirt-engine/{TOKEN}", params={"username": "admin@internal", "password": PASSWORD})


def change_passwords(client: Client) -> None:
    form = {"username": "admin", "profile": "internal", "credentials": PASSWORD}
    for new in (SHORT, PASSWORD):
        assert client.post(CHANGE, **form, credentialsNew1=new, credentialsNew2=new).status_code == 400
    assert client.post(CHANGE, **form, credentialsNew1=NEW, credentialsNew2=NEW).status_code == 200
    assert client.token("admin@internal", NEW)


def users_of_a_directory(engine: Served, client: Client) -> None:
    group = Group(id="g", name="staff", domain=DOMAIN, domain_entry_id="id-of-staff")
    with engine.world.store.transaction() as tx:
        tx.of(Group).add(group)
    give(engine.world.store, group, "ReadOnlyAdmin")
    assert client.token("jane@corp", WORD)
    assert not client.token("jane@corp", WRONG)
    engine.world.directories.is_down = True
    client.token("jack@corp", WRONG)


def tickets_and_codes(client: Client) -> None:
    auth = ("admin@internal", NEW)
    assert client.api("POST", "tags", json={"name": "the-sentinel"}, auth=auth).status_code == 201
    host = {"name": "rack-7", "address": "192.0.2.77", "root_password": CLAIM_CODE}
    assert client.api("POST", "hosts", json=host, auth=auth).status_code in (201, 202)
    vm = {"name": "vm1", "cluster": {"name": "Default"}, "template": {"name": "Blank"}}
    made = client.api("POST", "vms", json=vm, auth=auth).json()
    assert client.api("POST", f"vms/{made['id']}/start", json={"async": "false"}, auth=auth).status_code == 200
    ticket = client.api("POST", f"vms/{made['id']}/ticket", json={}, auth=auth).json()["ticket"]["value"]
    client.secrets.add(ticket)


def service_account(client: Client) -> None:
    secret = CliRunner().invoke(accounts.main, ("add-service", "backup")).stdout.strip()
    assert len(secret) > 40
    client.token("backup@internal", secret)
