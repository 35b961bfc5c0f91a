"""Fetches the answers of an unattended installation from where the kernel's command line says."""

import hashlib
import http.client
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from installer.probe import inside_of_disk
from installer.sources import HttpsSource, LabelSource, Source
from node.api.problems import Refused
from node.system.process import CommandFailed, Run

MAX_BYTES = 1_000_000
TIMEOUT_S = 15.0
LONGEST_S = 60.0  # for all of it: a server that drips must not hold up the installation for ever
WAIT_S = 120.0  # a network has to come up, a stick to be found
PAUSE_S = 2.0
NOTHING_FOUND = 2  # exit status of blkid


class NotFetched(Refused):
    what: ClassVar[str] = "The answers were not fetched from {source}"
    why: ClassVar[str] = "{reason}"
    mend: ClassVar[str] = "{mend}"

    def __init__(self, source: Source, reason: str, mend: str) -> None:
        super().__init__(source=source, reason=reason, mend=mend)


class NotYet(NotFetched):
    """What may be otherwise a moment later."""


def fetch(
    source: Source,
    run: Run,
    *,
    wait_s: float = WAIT_S,
    sleep: Callable[[float], None] = time.sleep,
    dev_disk: Path = Path("/dev/disk"),
    context: ssl.SSLContext | None = None,
) -> bytes:
    """The file with the answers. Blocks; tries again until `wait_s` have gone by where the network or a disk may
    not be there yet. `context` says whom to trust without a pin: the authorities of the system. Raises NotFetched."""
    end = time.monotonic() + wait_s
    while True:
        try:
            if isinstance(source, HttpsSource):
                return _from_server(source, context or ssl.create_default_context())
            return _from_label(source, run, dev_disk)
        except NotYet:
            if time.monotonic() >= end:
                raise
        sleep(PAUSE_S)


def _from_label(source: LabelSource, run: Run, dev_disk: Path) -> bytes:
    """Mounted read-only, where nobody else sees it."""
    places = (("by-label", source.label), ("by-label", source.label.upper()), ("by-partlabel", source.label))
    device = next((path for place in places if (path := dev_disk.joinpath(*place)).exists()), None)
    if device is None:
        raise NotYet(source, f"no file system and no partition has the label {source.label}", "Plug in what has it")
    found = str(device.resolve())
    try:
        kind = _file_system(found, run)
        argv = ("unshare", "--mount", sys.executable, "-I", inside_of_disk.__file__, found, kind, source.file)
        return msgspec.json.decode(run(*argv, timeout_s=TIMEOUT_S), type=bytes)
    except CommandFailed as err:
        raise NotFetched(source, err.text.why, "Put the file there, on vfat, ext4, xfs or iso9660") from err


def _file_system(path: str, run: Run) -> str:
    """Empty where there is none."""
    try:
        return run("blkid", "--probe", "--match-tag", "TYPE", "--output", "value", path, timeout_s=TIMEOUT_S).strip()
    except CommandFailed as err:
        if err.exit_status == NOTHING_FOUND:
            return ""
        raise


def _from_server(source: HttpsSource, context: ssl.SSLContext) -> bytes:
    """The key is looked at before anything is asked: the path may hold secrets."""
    if source.pin is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the key itself is what is checked
    connection = http.client.HTTPSConnection(source.host, source.port, timeout=TIMEOUT_S, context=context)
    try:
        connection.connect()
        if source.pin is not None:
            _check_key(source, connection.sock)
        connection.request("GET", source.target, headers={"Accept": "application/toml, text/plain"})
        return _body(source, connection.getresponse())
    except ssl.SSLCertVerificationError as err:
        mend = "Give the hash of its key: trivet.answers.pin=sha256:…, or set the clock"
        raise NotFetched(source, f"its certificate is not trusted: {err.verify_message}", mend) from err
    except (OSError, http.client.HTTPException) as err:
        raise NotYet(source, f"{err or type(err).__name__}", "Look at the network and at the server") from err
    finally:
        connection.close()


def _check_key(source: HttpsSource, sock: ssl.SSLSocket) -> None:
    certificate = x509.load_der_x509_certificate(sock.getpeercert(binary_form=True) or b"")
    found = hashlib.sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    if found.digest() != source.pin:
        reason = f"its key has the hash sha256:{found.hexdigest()} and not that of trivet.answers.pin"
        raise NotFetched(source, reason, "Compare the two: somebody may be in between")


def _body(source: HttpsSource, response: http.client.HTTPResponse) -> bytes:
    if response.status in (301, 302, 303, 307, 308):
        raise NotFetched(source, "the server sends elsewhere", "Give the address that it sends to")
    if response.status >= 500:
        raise NotYet(source, f"the server answers {response.status} {response.reason}", "Look into the server's log")
    if response.status != 200:
        raise NotFetched(source, f"the server answers {response.status} {response.reason}", "Correct the address")
    body, end = b"", time.monotonic() + LONGEST_S
    while len(body) <= MAX_BYTES and (part := response.read1(MAX_BYTES)):
        body += part
        if time.monotonic() > end:
            raise NotYet(
                source, f"the server takes longer than {LONGEST_S:g} s", "Look at the network and at the server"
            )
    if len(body) > MAX_BYTES:
        raise NotFetched(source, "it is far too long for answers", "Correct the address")
    return body
