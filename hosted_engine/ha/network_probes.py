"""Asks gateway, name servers and the other nodes whether they answer, and the engine whether it serves. Calls block."""

import http.client
import logging
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query

from hosted_engine.ha.site_files import HaSite
from hosted_engine.ha.states import Health
from node.api.paths import PORT
from node.system.process import CommandFailed, Run

log = logging.getLogger(__name__)

GLUSTER_PORT = 24007
PROBE_S = 2.0
FIRST_S = 1.0  # a host that lives takes a connection at once, whatever its load
NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME; Python has no name for it
HEALTH_PATH = "/ovirt-engine/services/health"


@dataclass(frozen=True, slots=True)
class ObservedNetwork:
    """`peers`: whether each other host answers, by host id. `gateway`, `dns`: None where the site has none."""

    peers: dict[int, bool]
    gateway: bool | None
    dns: bool | None

    @property
    def fraction(self) -> float:
        """Of the things that a host talks to, those that answer: the gateway, a name server, another node.

        One other node is enough: that one of them is dead says nothing about this host.
        """
        parts = [self.gateway, self.dns, any(self.peers.values()) if self.peers else None]
        known = [part for part in parts if part is not None]
        return sum(known) / len(known) if known else 1.0


class NetworkProbe:
    """All targets side by side, so that a round takes no longer than one dead target."""

    def __init__(self, site: HaSite, own_host_id: int, run: Run) -> None:
        self._peers = {node.host_id: node.address for node in site.nodes if node.host_id != own_host_id}
        self._gateway, self._dns = site.gateway, site.dns
        self._run = run
        self._side_by_side = ThreadPoolExecutor(16, thread_name_prefix="probe")

    def __call__(self) -> ObservedNetwork:
        submit = self._side_by_side.submit
        peers = {host_id: submit(connects, address, PORT, FIRST_S) for host_id, address in self._peers.items()}
        gateway = submit(self._pings, self._gateway) if self._gateway else None
        servers = submit(resolves, self._dns) if self._dns else None
        found = {host_id: answer.result() for host_id, answer in peers.items()}
        return ObservedNetwork(
            peers=found | self._otherwise([host_id for host_id, answers in found.items() if not answers]),
            gateway=gateway.result() if gateway is not None else None,
            dns=servers.result() if servers is not None else None,
        )

    def _otherwise(self, host_ids: Sequence[int]) -> dict[int, bool]:
        """Those whose agent does not answer, in two other ways at once: who may lose its power is known soon."""
        submit = self._side_by_side.submit
        asked = [
            (host_id, submit(connects, self._peers[host_id], GLUSTER_PORT), submit(self._pings, self._peers[host_id]))
            for host_id in host_ids
        ]
        return {host_id: any([one.result(), other.result()]) for host_id, one, other in asked}

    def _pings(self, address: str) -> bool:
        try:
            self._run("ping", "-n", "-q", "-c", "1", "-W", "1", address, timeout_s=PROBE_S)
        except CommandFailed:
            return False
        return True


def connects(address: str, port: int, timeout_s: float = PROBE_S) -> bool:
    """Whether the host is there: a refusal is an answer, too."""
    try:
        socket.create_connection((address, port), timeout=timeout_s).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def resolves(servers: Sequence[str]) -> bool:
    """Whether one of the name servers answers, whatever it says."""
    question = dns.message.make_query(".", "NS")
    for server in servers:
        try:
            dns.query.udp(question, server, timeout=PROBE_S / len(servers))
        except (OSError, dns.exception.DNSException):
            continue
        return True
    return False


class HealthProbe:
    """The engine's health page over TLS, by the certificate of the site's authority.

    Not by its dates: a host whose clock is wrong, and every host once it has run out, would restart a serving engine.
    """

    def __init__(self, site: HaSite, timeout_s: float, port: int = 443) -> None:
        self._address, self._port, self._timeout_s = site.engine.address, port, timeout_s
        self._tls = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=site.authority)
        self._tls.verify_flags |= NO_CHECK_TIME

    def __call__(self) -> Health:
        """Whatever keeps it from saying that it is well is bad health."""
        answer = self._ask()
        return Health.GOOD if answer is not None and answer.status == http.client.OK else Health.BAD

    def date(self) -> str | None:
        """What time it is to the engine, as its answer's `Date` says; None when there is no answer."""
        answer = self._ask()
        return answer.getheader("Date") if answer is not None else None

    def _ask(self) -> http.client.HTTPResponse | None:
        asked = http.client.HTTPSConnection(self._address, self._port, context=self._tls, timeout=self._timeout_s)
        try:
            asked.request("GET", HEALTH_PATH)
            return asked.getresponse()
        except (OSError, http.client.HTTPException) as err:
            log.debug("the engine does not serve: %s", err)
            return None
        finally:
            asked.close()
