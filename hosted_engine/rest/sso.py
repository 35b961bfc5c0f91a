"""The single sign-on that clients of oVirt use: a token for a password, and its end. Whatever goes wrong is answered in
JSON with `error_code` and `error`: clients read nothing else here."""

import json
import logging
from urllib.parse import parse_qs

import falcon
from falcon.asgi import Request, Response

from hosted_engine.engine.problems import BadValue, WrongState
from hosted_engine.engine.users.directories import DirectoryUnavailable
from hosted_engine.engine.users.password_policy import Hindrance
from hosted_engine.limits import FORM_BYTES, PASSWORD, SCOPE, USER_NAME
from hosted_engine.rest.auth import Authenticator
from hosted_engine.rest.credentials import AccessDenied
from hosted_engine.rest.http_api import read_body, source_of
from hosted_engine.rest.problems import ApiRefused

log = logging.getLogger(__name__)

SIGN_ON = "/ovirt-engine/sso/"
LOGOUT = "/ovirt-engine/services/sso-logout"
_FIELDS = 50
CHANGE_PASSWORD = f"{SIGN_ON}interactive-change-passwd"
_NEW = ("credentialsNew1", "credentialsNew2")
_LONGEST = {
    "username": USER_NAME,
    "password": PASSWORD,
    "scope": SCOPE,
    "profile": USER_NAME,
    **dict.fromkeys(("credentials", *_NEW), PASSWORD),
}
_WRONG = "Cannot authenticate user {user}: {reason}."
_UNSAID = "the user name or the password is wrong, or too many were tried"


class BadForm(Exception):
    """The description says what is wrong with it."""


class Token:
    """POST /ovirt-engine/sso/oauth/token"""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def on_post(self, request: Request, response: Response) -> None:
        form = await _form(request)
        if (grant := form.get("grant_type", "")) != "password":
            said = f"'{grant[:80]}' is not" if grant else "none was sent"
            _refuse(response, "unsupported_grant_type", f"Only the grant type password is supported; {said}.")
            return
        if not form.get("username") or "password" not in form:
            _refuse(response, "invalid_request", "Both username and password have to be there.")
            return
        scope = form.get("scope", "ovirt-app-api")
        try:
            token, session = await self._authenticator.sign_in(
                form["username"], form["password"], scope, source=source_of(request)
            )
        except AccessDenied as err:
            _deny(response, form["username"], err)
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
        await self._authenticator.sign_out(token, source=source_of(request))
        _send(response, {})


class ChangePassword:
    """POST /ovirt-engine/sso/interactive-change-passwd, where oVirt's page sends it, with that page's fields."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def on_post(self, request: Request, response: Response) -> None:
        form = await _form(request)
        user, profile = form.get("username", ""), form.get("profile", "")
        new, again = (form.get(name, "") for name in _NEW)
        if not user or not form.get("credentials") or not new:
            text = "The fields username, credentials, credentialsNew1 and credentialsNew2 have to be there."
            _refuse(response, "invalid_request", text)
            return
        if new != again:
            _refuse(response, "invalid_request", "The two new passwords are not the same.")
            return
        login = f"{user}@{profile}" if profile else user
        try:
            await self._authenticator.change_password(login, form["credentials"], new, source=source_of(request))
        except AccessDenied as err:
            _deny(response, login, err)
        except (BadValue, WrongState) as err:
            _refuse(response, "invalid_request", f"The password was not changed: {err.text.why}.")
        else:
            _send(response, {})


def refuse(request: Request, response: Response, err: Exception) -> None:
    """Falcon's errors on these paths: another method, no such path; and what nobody foresaw."""
    if isinstance(err, BadForm):
        _refuse(response, "invalid_request", str(err))
        return
    if isinstance(err, DirectoryUnavailable):
        _refuse(response, "temporarily_unavailable", str(err), falcon.HTTP_503)
        return
    if not isinstance(err, falcon.HTTPError):
        log.error("unforeseen error on %s %s", request.method, request.path, exc_info=err)
        _refuse(response, "server_error", "Internal Engine Error", falcon.HTTP_500)
        return
    for name, value in dict(err.headers or {}).items():
        response.set_header(name, value)
    description = f"{request.path} answers POST only, with a form in its body." if err.status_code == 405 else err.title
    _refuse(response, "invalid_request", description or "", err.status)


def is_sign_on(path: str) -> bool:
    return path.startswith(SIGN_ON) or path == LOGOUT


async def _form(request: Request) -> dict[str, str]:
    """Its fields. Raises BadForm."""
    try:
        body = await read_body(request, FORM_BYTES)
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except ApiRefused as err:
        raise BadForm(f"The form cannot be read: {err.detail}.") from None
    except UnicodeDecodeError:
        raise BadForm("The form is no UTF-8.") from None
    except ValueError:
        raise BadForm(f"The form has more than {_FIELDS} fields.") from None
    form = {name: values[-1] for name, values in fields.items()}
    for name, most in _LONGEST.items():
        text = form.get(name, "")
        if len(text) > most:
            raise BadForm(f"The {name} may have {most} characters.")
        if "\0" in text:
            raise BadForm(f"The {name} holds the character U+0000.")
    return form


def _deny(response: Response, user: str, err: AccessDenied) -> None:
    """What has to be done about an expired password is said only to who has shown it."""
    reason = err.reason or _UNSAID
    if err.reason == Hindrance.PASSWORD_EXPIRED.value:
        reason += f": POST {CHANGE_PASSWORD} with username, credentials, credentialsNew1 and credentialsNew2"
    _refuse(response, "access_denied", _WRONG.format(user=user, reason=reason))


def _refuse(response: Response, code: str, description: str, status: str | int = falcon.HTTP_400) -> None:
    response.status = status
    _send(response, {"error_code": code, "error": description})


def _send(response: Response, document: dict[str, str]) -> None:
    response.content_type = "application/json;charset=UTF-8"
    response.data = json.dumps(document).encode()
