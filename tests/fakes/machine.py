"""A machine that asks an engine to take it: a fake node with a key of its own, which belongs to no site at first."""

from collections.abc import Callable

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from node.api.messages.identity import Offer, OfferedAddress
from node.api.messages.registration import Registration, RegistrationReport, RegistrationState
from node.registration.credentials import load_key, new_key_pem, request_pem
from node.tls import request_or_certificate_fingerprint
from tests.fakes.node.fake import FakeNode
from tests.fakes.node.site import FakeSite

CLAIM_CODE = "ABCD-EFGH-JKLM-NPQR"
Ask = Callable[["FakeMachine"], RegistrationReport]


class FakeMachine(FakeNode):
    """`said` is what it was told last, `known_as` are names under which its address is found."""

    def __init__(
        self, name: str, *, site: FakeSite, number: int, engine_fingerprint: str, key: bytes | None = None
    ) -> None:
        super().__init__(name, site=site, claim_code=CLAIM_CODE)
        self.key: ec.EllipticCurvePrivateKey = load_key(key or new_key_pem())
        self.address = f"192.0.{2 + (10 + number) // 256}.{(10 + number) % 256}"
        self.known_as: tuple[str, ...] = ()
        self.host.machine_id = f"{number:032x}"
        self.attempt = "attempt-1"
        self.join_code = ""
        self.host.asking = True
        self.last_report: RegistrationReport | None = None
        self.engine_fingerprint = engine_fingerprint
        self.host.request_pem = request_pem(self.key, name, [self.address])
        self.host.fingerprint = self.fingerprint

    @property
    def fingerprint(self) -> str:
        return request_or_certificate_fingerprint(x509.load_pem_x509_csr(self.host.request_pem.encode()))

    def question(self, **changes: object) -> Registration:
        address = f"{self.address}/24"
        registration = Registration(
            attempt=self.attempt,
            engine_fingerprint=self.engine_fingerprint,
            name=self.name,
            certificate_request_pem=self.host.request_pem,
            address=address,
            port=54321,
            offer=Offer(
                addresses=(OfferedAddress(nic="host0", address=address),), gateway="192.0.2.1", dns=("192.0.2.53",)
            ),
            capabilities=self.host.capabilities(),
            join_code=self.join_code,
        )
        return msgspec.structs.replace(registration, **changes)

    def hear(self, report: RegistrationReport) -> None:
        self.last_report = report
        if report.claim is not None:
            self.host.claimed = report.claim
        if report.state in (RegistrationState.REJECTED, RegistrationState.EXPIRED):
            self.host.asking = False

    @property
    def wants_in(self) -> bool:
        return self.host.asking and self.host.claimed is None and not self.unresponsive
