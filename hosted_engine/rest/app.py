"""Wires the HTTP side of the engine: the API below one sink, sign-on and services beside it."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import falcon.asgi
from falcon.asgi import Request, Response

from hosted_engine.engine.loop import Loop
from hosted_engine.engine.ports import Store
from hosted_engine.engine.users.directories import Directories
from hosted_engine.rest import sso
from hosted_engine.rest.auth import Authenticator
from hosted_engine.rest.call import Handlers
from hosted_engine.rest.dispatch import PREFIX, Dispatcher
from hosted_engine.rest.http_api import Api
from hosted_engine.rest.permissions.guard import Guard
from hosted_engine.rest.refusals import RefusalLog
from hosted_engine.rest.schema import schema
from hosted_engine.rest.services import Health, PkiResource
from hosted_engine.rest.sso import CHANGE_PASSWORD, LOGOUT, SIGN_ON, ChangePassword, Logout, Token

log = logging.getLogger(__name__)


def make_app(
    *,
    store: Store,
    handlers: Handlers,
    authority_pem: bytes,
    routes: Mapping[str, object] = MappingProxyType({}),
    clock: Callable[[], float] = time.time,
    loop: Loop | None = None,
    directories: Directories | None = None,
) -> falcon.asgi.App[Request, Response]:
    """`routes` are resources beside the API, by their paths. `loop` is the engine's, where that is not the one that
    serves, `directories` are those of domains whose users are not the engine's own."""
    loop = loop or Loop()
    authenticator = Authenticator(store, clock, loop, directories)
    app: falcon.asgi.App[Request, Response] = falcon.asgi.App()
    app.req_options.strip_url_path_trailing_slash = True
    dispatcher = Dispatcher(schema(), handlers, Guard(store), RefusalLog(store, loop, clock))
    app.add_sink(Api(dispatcher, authenticator).serve, re.compile(re.escape(PREFIX) + "(?=[/;]|$)"))
    app.add_route(f"{SIGN_ON}oauth/token", Token(authenticator))
    app.add_route(f"{SIGN_ON}oauth/revoke", Logout(authenticator))
    app.add_route(CHANGE_PASSWORD, ChangePassword(authenticator))
    app.add_route(LOGOUT, Logout(authenticator))
    app.add_route("/ovirt-engine/services/health", Health(store))
    app.add_route("/ovirt-engine/services/pki-resource", PkiResource(authority_pem))
    for path, resource in routes.items():
        app.add_route(path, resource)
    app.add_error_handler(Exception, _refuse)
    app.add_error_handler(falcon.HTTPError, _refuse)  # Falcon has one of its own for these
    return app


async def _refuse(request: Request, response: Response, err: Exception, params: object, **_: object) -> None:
    """Of what nobody foresaw the log has the error, the answer only says that there was one."""
    if sso.is_sign_on(request.path):
        sso.refuse(request, response, err)
        return
    if isinstance(err, falcon.HTTPError | falcon.http_status.HTTPStatus):
        raise err
    log.error("unforeseen error on %s %s", request.method, request.path, exc_info=err)
    response.status = falcon.HTTP_500
    response.content_type = falcon.MEDIA_TEXT
    response.text = "Internal Engine Error"
