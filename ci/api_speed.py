"""Measures the API natively, over TLS from another process: pages out of many VMs, what follows, whole lists."""

import http.client
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ci import incus
from ci.api_served import vm_id
from ci.pairs import Pair

FEW, MANY = 1000, 10_000
PAGES = 60  # requests for pages; 95 of 100 are faster than what is told
LISTS = 7  # requests for whole lists; their median is told
ROOT = "/ovirt-engine/api"


@dataclass(frozen=True, slots=True)
class Api:
    """One connection that is kept, as clients do."""

    connection: http.client.HTTPSConnection
    token: str

    def get(self, path: str, accept: str = "application/xml") -> bytes:
        """Raises RuntimeError for any other answer than 200."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        self.connection.request("GET", ROOT + path, headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
        return body


def pairs(*, beside_incus: bool) -> tuple[Pair, ...]:
    others = _beside_incus() if beside_incus else {}
    with _served(FEW) as api:
        follow = _ms(LISTS, lambda n: api.get("/vms?follow=disk_attachments.disk,nics"))
        xml = _ms(LISTS, lambda n: api.get("/vms"))
        json_ = _ms(LISTS, lambda n: api.get("/vms", "application/json"))
        one = _ms(PAGES, lambda n: api.get(f"/vms/{vm_id(n + 1)}"))
    with _served(MANY) as api:
        page = _ms(PAGES, lambda n: api.get(f"/vms?search=name%3Dvm*+sortby+name+page+{n + 1}&max=100"))
        across = _ms(PAGES, lambda n: api.get(f"/vms?search=storage.name%3Ddata+page+{n + 1}&max=100"))
        anywhere = _ms(PAGES, lambda n: api.get(f"/vms?search=vm+page+{n + 1}&max=100"))
    return (
        Pair("page of 100 out of 10,000 VMs, p95", _p95(page), 50.0, "ms"),
        Pair("the same by the storage of their disks", _p95(across), 50.0, "ms"),
        Pair("the same by a word anywhere", _p95(anywhere), 50.0, "ms"),
        Pair("follow=disk_attachments.disk,nics, 1,000", statistics.median(follow), 300.0, "ms"),
        Pair("1,000 whole VMs, XML", statistics.median(xml), 60.0, "ms"),
        Pair("1,000 whole VMs, JSON", statistics.median(json_), 60.0, "ms"),
        Pair("one VM", statistics.median(one), 1.0, "ms"),
        *(Pair(f"1,000 whole VMs, XML; {what}", statistics.median(xml), aim, "ms") for what, aim in others.items()),
    )


def _beside_incus() -> dict[str, float]:
    """What the list is held to: 0.7 of what Incus takes for as many containers."""
    took = incus.measure(FEW, LISTS)
    words = {incus.WITH_STATE: "Incus with state", incus.WITHOUT_STATE: "Incus without"}
    return {word: 0.7 * took[path] for path, word in words.items()}


def _ms(times: int, ask: Callable[[int], bytes]) -> list[float]:
    """How long each took; the first one, which compiles what it asks, is not told."""
    ask(0)
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


@contextmanager
def _served(vms: int) -> Iterator[Api]:
    """An engine in a process of its own, over a database in a file."""
    with tempfile.TemporaryDirectory(prefix="trivet-bench-") as folder:
        argv = (sys.executable, "-m", "ci.api_served", str(vms), folder)
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            tls = ssl.create_default_context(cafile=f"{folder}/ca.crt")
            connection = http.client.HTTPSConnection("localhost", said["port"], context=tls, timeout=120)
            try:
                yield Api(connection, said["token"])
            finally:
                connection.close()
                process.communicate()  # the end of its input is its end
