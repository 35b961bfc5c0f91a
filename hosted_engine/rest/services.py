"""What clients fetch before they can sign in: whether the engine is well, and whom to trust."""

import logging

import falcon
from falcon.asgi import Request, Response

from hosted_engine.engine.ports import Store

log = logging.getLogger(__name__)


class Health:
    """GET /ovirt-engine/services/health; asks the store something on every request."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def on_get(self, request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        try:
            await self._store.read(lambda tx: tx.data_centers.count())
        except Exception as err:  # noqa: BLE001 - whatever a store can raise, the engine is not well then
            log.error("the store does not answer: %s", err)
            response.status = falcon.HTTP_500
            response.text = "DB Down!"
        else:
            response.text = "DB Up!Welcome to Health Status!"


class PkiResource:
    """GET /ovirt-engine/services/pki-resource?resource=ca-certificate&format=X509-PEM-CA"""

    def __init__(self, authority_pem: bytes) -> None:
        self._authority_pem = authority_pem

    async def on_get(self, request: Request, response: Response) -> None:
        resource = request.get_param("resource") or "ca-certificate"
        form = request.get_param("format") or "X509-PEM-CA"
        if resource != "ca-certificate" or form not in ("X509-PEM-CA", "X509-PEM"):
            response.status = falcon.HTTP_404
            return
        response.content_type = "application/x-x509-ca-cert"
        response.data = self._authority_pem
