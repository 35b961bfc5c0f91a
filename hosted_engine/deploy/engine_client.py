"""Looks at the engine from outside, over the same API that everybody uses: whether it is well and has taken over."""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx
from lxml import etree

HEALTH = "/ovirt-engine/services/health"
TOKEN = "/ovirt-engine/sso/oauth/token"
LOGOUT = "/ovirt-engine/services/sso-logout"
API = "/ovirt-engine/api"
TEMPLATES = ("Blank", "tiny")


class Engine(Protocol):
    async def why_not_healthy(self) -> str | None:
        """Why the engine does not serve; None when it does."""
        ...

    async def missing(self, hosts: Sequence[str], storage: Sequence[str]) -> tuple[str, ...]:
        """What the engine does not have yet, in words; empty when it has taken over all."""
        ...


class EngineClient:
    """The engine at `address`, known by the certificate that the authority in `authority_file` gave it."""

    def __init__(
        self,
        address: str,
        authority_file: Path,
        user: str,
        password: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._transport = transport
        self._url = f"https://{address}"
        self._authority_file = authority_file
        self._user, self._password = user, password

    async def why_not_healthy(self) -> str | None:
        try:
            async with self._client() as client:
                answer = await client.get(HEALTH)
        except httpx.HTTPError as err:
            return str(err) or type(err).__name__
        return None if answer.status_code == 200 else f"it answers {answer.status_code}"

    async def missing(self, hosts: Sequence[str], storage: Sequence[str]) -> tuple[str, ...]:
        try:
            async with self._client() as client:
                token = await self._token(client)
                client.headers["Authorization"] = f"Bearer {token}"
                found = await _missing(client, hosts, storage)
                await client.post(LOGOUT, data={"scope": "", "token": token})
        except (httpx.HTTPError, etree.XMLSyntaxError, KeyError, ValueError) as err:
            return (f"its API does not answer as it should ({str(err) or type(err).__name__})",)
        return found

    def _client(self) -> httpx.AsyncClient:
        tls = ssl.create_default_context(cafile=str(self._authority_file))
        headers = {"Accept": "application/xml", "Version": "4"}
        return httpx.AsyncClient(
            base_url=self._url,
            verify=tls,
            headers=headers,
            timeout=httpx.Timeout(15, connect=3),
            trust_env=False,
            transport=self._transport,
        )

    async def _token(self, client: httpx.AsyncClient) -> str:
        form = {
            "grant_type": "password",
            "scope": "ovirt-app-api",
            "username": self._user,
            "password": self._password,
        }
        answer = await client.post(TOKEN, data=form, headers={"Accept": "application/json"})
        answer.raise_for_status()
        return str(answer.json()["access_token"])


async def _missing(client: httpx.AsyncClient, hosts: Sequence[str], storage: Sequence[str]) -> tuple[str, ...]:
    up = {_text(host, "name"): _text(host, "status") for host in await _list(client, "/hosts")}
    active: dict[str, str] = {}
    for center in await _list(client, "/datacenters"):
        for domain in await _list(client, f"/datacenters/{center.get('id')}/storagedomains"):
            active[_text(domain, "name")] = _text(domain, "status")
    templates = {_text(template, "name") for template in await _list(client, "/templates")}
    return (
        *(f"host {name} is {up.get(name, 'not there')}" for name in hosts if up.get(name) != "up"),
        *(f"storage {name} is {active.get(name, 'not there')}" for name in storage if active.get(name) != "active"),
        *(f"template {name} is not there" for name in TEMPLATES if name not in templates),
    )


async def _list(client: httpx.AsyncClient, path: str) -> list[etree._Element]:
    answer = await client.get(API + path)
    answer.raise_for_status()
    return list(etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False, no_network=True)))


def _text(element: etree._Element, tag: str) -> str:
    return element.findtext(tag) or ""
