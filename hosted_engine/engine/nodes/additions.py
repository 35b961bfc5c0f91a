"""What a body says of a new host beside its fields: how the engine gets in, and what oVirt's clients say of the rest.

The API's `root_password` carries the claim code that the machine shows on its screen; a password of root is neither
asked for nor kept.
"""

import re
from collections.abc import Mapping
from typing import Any

from hosted_engine.engine.entity.declaration import Options, Values
from hosted_engine.engine.entity.field import Field, Settable
from hosted_engine.engine.problems import BadValue, NotSupported
from node.api.messages.identity import CLAIM_CODE
from node.fingerprint import why_not_fingerprint

ON_ADD = Settable.ON_ADD


def claim_code(value: Any, field: str) -> str:
    """The machine's claim code, such as ABCD-EFGH-JKLM-NPQR"""
    code = str(value).strip().upper()
    if not re.fullmatch(CLAIM_CODE, code):
        reason = "it has to be the claim code on the machine's own screen (ABCD-EFGH-JKLM-NPQR), not a password of root"
        raise BadValue(value="what was sent", field=field, reason=reason)
    return code


def fingerprint(value: Any, field: str) -> str:
    """The four words of the machine's key, or 64 hexadecimal digits"""
    if (reason := why_not_fingerprint(value)) is not None:
        raise BadValue(value=repr(value[:100]), field=field, reason=f"it {reason}")
    return str(value).strip()


ADDITION_INPUTS: Mapping[str, Field] = {
    "claim_code": Field("root_password", settable=ON_ADD, rule=claim_code),
    "said_fingerprint": Field("ssh.fingerprint", settable=ON_ADD, rule=fingerprint),
    "authentication": Field("ssh.authentication_method", settable=ON_ADD),
    "override_iptables": Field("override_iptables", settable=ON_ADD),
}


def check_addition(given: Values, options: Options) -> None:
    """Raises BadValue, NotSupported for what would be done otherwise than it is said."""
    if given.get("authentication") == "publickey":
        reason = "nodes have no SSH; send the claim code on the machine's screen as root_password"
        raise NotSupported(value="publickey", field="host.ssh.authentication_method", reason=reason)
    if not given.get("claim_code"):
        reason = "the claim code on the machine's screen has to be sent there"
        raise BadValue(value="nothing", field="host.root_password", reason=reason)
    if given.get("override_iptables") is False:
        reason = "a node's firewall is its own and always there"
        raise NotSupported(value="false", field="host.override_iptables", reason=reason)
    if options.boolean("reboot"):
        raise BadValue(value="true", field="reboot", reason="a host that is added is not rebooted: leave it out")
    if options.boolean("deploy_hosted_engine") is False:
        reason = "every host keeps the engine alive"
        raise NotSupported(value="false", field="deploy_hosted_engine", reason=reason)
