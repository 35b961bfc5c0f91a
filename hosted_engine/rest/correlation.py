"""The correlation id of a request, found as oVirt finds it: its CurrentFilter refuses none."""

import re
import uuid

from hosted_engine.rest.call import Parameters

_LENGTH = 36
_FOREIGN = re.compile("[^0-9A-Za-z_-]+", re.ASCII)


def correlation_id(parameters: Parameters) -> str:
    """The header's, else the parameter's, without characters that it may not have and cut to 36; else a new one."""
    for text in (parameters.headers.get("correlation-id"), parameters.text("correlation_id")):
        if text and (kept := _FOREIGN.sub("", text)[:_LENGTH]):
            return kept
    return str(uuid.uuid4())
