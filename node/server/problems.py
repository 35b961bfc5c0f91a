"""Every error becomes a ProblemText in this one place."""

import logging

import falcon
import falcon.asgi
import msgspec
from falcon.asgi import Request, Response

import gluster.errors
import netconf.errors
from node.api.problems import Failed, Problem, ProblemText, RemoteFailed, RemoteRefused
from node.api.refusals import Malformed, NoSuchPath
from node.storage.causes import cause

log = logging.getLogger(__name__)


class StorageFailed(Failed):
    what = "The request was not carried out to its end"
    why = "{reason}"
    mend = "Look at the volume and its bricks (`gluster volume status`), then send the request again"


def text_of(err: BaseException) -> ProblemText:
    """The error as callers read it. An error that nobody thought of tells its kind only: details stay in the log."""
    match err:
        case RemoteRefused() | RemoteFailed() | Problem():
            return err.text
        case gluster.errors.Problem() | netconf.errors.Problem():
            refused = isinstance(err, gluster.errors.Refused | netconf.errors.Refused)
            return ProblemText(
                code=type(err).__name__,
                what=err.text.what,
                why=err.text.why,
                mend=err.text.mend,
                status=409 if refused else 500,
                changed=not refused,
            )
        case msgspec.MsgspecError():
            return Malformed(reason=str(err)).text
        case OSError():
            return StorageFailed(reason=cause(err)).text
        case falcon.HTTPNotFound():
            return NoSuchPath(path="this path").text
        case falcon.HTTPError() if err.status_code < 500:
            return ProblemText(
                code="BadRequest",
                what="The request was not carried out",
                why=err.description or err.title or "it does not fit",
                mend="Correct it and send it again",
                status=err.status_code,
                changed=False,
            )
        case _:
            return ProblemText(
                code="Unexpected",
                what="The request was not carried out to its end",
                why=f"trivet-node ran into an error that nobody thought of ({type(err).__name__})",
                mend="Look into the log of trivet-node on this node, and report it",
            )


async def answer_problem(req: Request, resp: Response, err: BaseException, params: object) -> None:
    """Falcon's error handler for everything."""
    text = text_of(err)
    if text.code in ("Unexpected", StorageFailed.__name__):
        log.error("%s %s", req.method, req.path, exc_info=err)
    elif (req.method, text.status) != ("GET", 404):  # that is an answer: it is not there
        log.info("%s %s: %s: %s", req.method, req.path, text.what, text.why)
    if isinstance(err, falcon.HTTPNotFound):
        text = NoSuchPath(path=req.path).text
    resp.status = text.status
    resp.content_type = "application/json"
    resp.data = msgspec.json.encode(text)
    resp.stream = None
