"""Makes the document of every problem: the one place where errors become answers."""

import logging

from hosted_engine.rest.media.wire import Wire
from hosted_engine.rest.problems import ApiRefused, NotThereYet
from node.api.problems import Failed, Problem

log = logging.getLogger(__name__)

_OPERATION_FAILED = "Operation Failed"


def status_of(err: Exception) -> int:
    """The HTTP status of a problem; what nobody foresaw is 500."""
    return err.text.status if isinstance(err, Problem) else 500


def fault_of(err: Exception) -> Wire:
    """The fault in words; of an unforeseen error it tells nothing, the log has it."""
    match err:
        case ApiRefused():
            return {"reason": err.reason, "detail": err.detail}
        case NotThereYet():
            return {"reason": err.reason, "detail": str(err)}
        case Problem():
            if isinstance(err, Failed):
                log.error("%s", err)
            return {"reason": _OPERATION_FAILED, "detail": f"[{err}]"}
        case _:
            log.error("unforeseen error", exc_info=err)
            return {"reason": _OPERATION_FAILED, "detail": "[Internal Engine Error]"}


def failed_action(err: Exception) -> Wire:
    return {"status": "failed", "fault": fault_of(err)}
