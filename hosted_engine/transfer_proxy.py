"""The engine's own imageio daemon: lets who has a ticket through to the node that has the image."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from hosted_engine.engine.transfers.model import TICKET_S
from node.api.paths import TRANSFER_PROXY_PORT
from node.imageio import SOCKET, Imageio, Ticket

MACHINE = "the engine"


class ImageioProxy:
    """Implements hosted_engine.engine.transfers.proxy.TransferProxy. `certificate_pem` is the engine's own: its name is
    the one that clients know."""

    def __init__(self, certificate_pem: str, *, socket: Path = SOCKET, port: int = TRANSFER_PROXY_PORT) -> None:
        self.url = f"https://{_name(certificate_pem)}:{port}"
        self._imageio = Imageio(MACHINE, socket)

    async def add(self, *, ticket: str, transfer_id: str, url: str, size_bytes: int, inactivity_timeout_s: int) -> None:
        """To the URL of the node all is let through: what may be done, its own ticket says."""
        await self._imageio.put(
            Ticket(
                uuid=ticket,
                size=size_bytes,
                url=url,
                timeout=TICKET_S,
                inactivity_timeout=inactivity_timeout_s,
                ops=("read", "write"),
                transfer_id=transfer_id,
            )
        )

    async def renew(self, ticket: str) -> bool:
        return await self._imageio.extend(ticket, TICKET_S)

    async def remove(self, ticket: str) -> None:
        """A client that holds on to it is asked for nothing by the node, whose ticket is gone."""
        await self._imageio.remove(ticket)


def _name(certificate_pem: str) -> str:
    subject = x509.load_pem_x509_certificate(certificate_pem.encode()).subject
    (name,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)
