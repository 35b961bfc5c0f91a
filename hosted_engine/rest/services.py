"""What clients fetch before they can sign in: whether the engine is well, and whom to trust."""

from collections.abc import Callable

import falcon
from falcon.asgi import Request, Response


class Health:
    """GET /ovirt-engine/services/health; `why_not_well` says what is wrong, "" when nothing is."""

    def __init__(self, why_not_well: Callable[[], str]) -> None:
        self._why_not_well = why_not_well

    async def on_get(self, request: Request, response: Response) -> None:
        problem = self._why_not_well()
        response.content_type = falcon.MEDIA_TEXT
        response.status = falcon.HTTP_500 if problem else falcon.HTTP_200
        response.text = problem or "DB Up!Welcome to Health Status!"


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
