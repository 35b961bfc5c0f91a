"""Reaches other machines that belong to no site yet: their keys first, and with their claim codes what they offer."""

import asyncio
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Protocol

from cryptography import x509

from node.api.messages.identity import Identity
from node.api.paths import PORT
from node.api.problems import NodeNonResponsive, Problem, Refused, RemoteFailed, RemoteRefused
from node.client import NodeClient
from node.tls import certificate_fingerprint, fetch_certificate, pinned_context

REACHED_S = 5.0
FOUND_S, AT_ONCE = 0.5, 64
MOST_SEARCHED = 1024  # addresses: what takes a few seconds


@dataclass(frozen=True, slots=True)
class Presented:
    """What a machine shows to anybody who connects: its certificate. `issued_by_site`: it is a member of a site."""

    address: str
    name: str
    fingerprint: str
    certificate: str
    issued_by_site: bool


class NotReached(Refused):
    what = "Nothing was learned of {address}"
    why = "{reason}"
    mend = "See that the node is on, that its address is right, and that trivet-node runs there"


class Claimed(Refused):
    what = "{name} at {address} cannot be taken into this site"
    why = "it is a member of a site already: its certificate was issued by {issuer}"
    mend = "Take it out of that site first, or choose another node"


class CodeRefused(Refused):
    what = "{name} did not take the claim code"
    why = "{reason}"
    mend = "Type the claim code as the screen of {name} shows it; capital letters, four groups"


class Neighbours(Protocol):
    def present(self, address: str) -> Presented:
        """What the machine at `address` shows; blocks for a few seconds. Raises NotReached, Claimed."""
        ...

    def find(self, network: IPv4Network, but: Collection[str]) -> tuple[Presented, ...]:
        """The machines in `network`, without the addresses in `but`, whose agents wait to be claimed. Blocks for a few
        seconds in a network of MOST_SEARCHED addresses."""
        ...

    def identity(self, presented: Presented, claim_code: str) -> Identity:
        """Who it says it is, and what it offers, over a connection to that very key. Raises NotReached, CodeRefused."""
        ...


class AgentNeighbours:
    """Through the machines' agents, as the deploy reaches them."""

    def __init__(self, port: int = PORT) -> None:
        self._port = port

    def present(self, address: str) -> Presented:
        try:
            pem = fetch_certificate(address, self._port, None, timeout_s=REACHED_S)
        except OSError as err:  # ssl.SSLError is one: a node of a site refuses whoever has no certificate of it
            raise NotReached(address=address, reason=str(err) or "it did not answer in time") from err
        presented = read_presented(address, pem)
        if presented.issued_by_site:
            issuer = x509.load_pem_x509_certificate(pem.encode()).issuer.rfc4514_string()
            raise Claimed(name=presented.name, address=address, issuer=issuer)
        return presented

    def find(self, network: IPv4Network, but: Collection[str]) -> tuple[Presented, ...]:
        hosts = [str(host) for host in network.hosts() if str(host) not in but]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="find") as pool:
            return tuple(one for one in pool.map(self._try, hosts) if one is not None)

    def _try(self, address: str) -> Presented | None:
        try:
            socket.create_connection((address, self._port), timeout=FOUND_S).close()
            return self.present(address)
        except (OSError, Problem):
            return None

    def identity(self, presented: Presented, claim_code: str) -> Identity:
        return asyncio.run(self._identity(presented, claim_code))

    async def _identity(self, presented: Presented, claim_code: str) -> Identity:
        tls = pinned_context(presented.certificate)
        client = NodeClient(presented.address, tls, port=self._port, claim_code=claim_code)
        try:
            return await client.identity()
        except (NodeNonResponsive, RemoteFailed) as err:
            raise NotReached(address=presented.address, reason=err.text.why) from err
        except RemoteRefused as err:
            raise CodeRefused(name=presented.name, reason=err.text.why) from err
        finally:
            await client.close()


def read_presented(address: str, pem: str) -> Presented:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return Presented(
        address=address,
        name=str(names[0].value) if names else "",
        fingerprint=certificate_fingerprint(pem),
        certificate=pem,
        issued_by_site=certificate.issuer != certificate.subject,
    )
