"""The single sign-on that clients of oVirt use: a token for a password, and its end."""

import json
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response

from hosted_engine.limits import FORM_BYTES, PASSWORD, SCOPE, USER_NAME
from hosted_engine.rest.auth import AccessDenied, Authenticator
from hosted_engine.rest.http_api import read_body
from hosted_engine.rest.problems import ApiRefused

_LONGEST = {"username": USER_NAME, "password": PASSWORD, "scope": SCOPE}
_WRONG = "Cannot authenticate user {user}: the user name or the password is wrong, or too many were tried."


class Token:
    """POST /ovirt-engine/sso/oauth/token"""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def on_post(self, request: Request, response: Response) -> None:
        form = await _form(request)
        if form.get("grant_type") != "password":
            _refuse(response, "unsupported_grant_type", "Only the grant type password is supported.")
            return
        if not form.get("username") or "password" not in form:
            _refuse(response, "invalid_request", "Both username and password have to be there.")
            return
        if (reason := _why_unusable(form)) is not None:
            _refuse(response, "invalid_request", reason)
            return
        scope = form.get("scope", "ovirt-app-api")
        try:
            token, session = await self._authenticator.sign_in(form["username"], form["password"], scope)
        except AccessDenied:
            _refuse(response, "access_denied", _WRONG.format(user=form["username"]))
            return
        response.set_header("Cache-Control", "no-store")
        _send(
            response,
            {
                "access_token": token,
                "scope": scope,
                "exp": str(round(session.expires_at * 1000)),
                "token_type": "bearer",
            },
        )


class Logout:
    """POST /ovirt-engine/services/sso-logout and /ovirt-engine/sso/oauth/revoke"""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def on_post(self, request: Request, response: Response) -> None:
        token = (await _form(request)).get("token")
        if not token:
            _refuse(response, "invalid_request", "The token is missing.")
            return
        self._authenticator.sign_out(token)
        _send(response, {})


async def _form(request: Request) -> dict[str, str]:
    """Its fields; none where it cannot be read."""
    try:
        body = await read_body(request, FORM_BYTES)
        fields = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=50)
    except (ApiRefused, ValueError):
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _why_unusable(form: dict[str, str]) -> str | None:
    for name, most in _LONGEST.items():
        text = form.get(name, "")
        if len(text) > most:
            return f"The {name} may have {most} characters."
        if "\0" in text:
            return f"The {name} holds the character U+0000."
    return None


def _refuse(response: Response, code: str, words: str) -> None:
    response.status = falcon.HTTP_400
    _send(response, {"error_code": code, "error": words})


def _send(response: Response, document: dict[str, str]) -> None:
    response.content_type = "application/json;charset=UTF-8"
    response.data = json.dumps(document).encode()
