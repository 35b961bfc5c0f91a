"""Takes secrets out of text: those that this machine is known to have, and whatever looks like one; pure."""

import re
from collections.abc import Iterable

REMOVED = "(removed)"
SHORTEST = 6  # what is shorter would be found in innocent words

_CODE = r"[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4})"
_PATTERNS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        (r"\$(?:y|gy|7|6|5|2[abxy]?|1)\$[^\s:\"']+", 0),  # crypt(5)
        (rf"\b{_CODE}{{3}}\b|\b{_CODE}{{5}}\b", 0),  # claim codes, recovery codes
        (r"(?i)(?<=bearer )[^\s\"']+|(?<=basic )[a-z0-9+/=]{8,}", 0),
    )
)
_NAMED = re.compile(
    r"""(?ix)(["']?[\w.-]{0,40}(?:password|passwd|passphrase|secret|token|claim_?code|recovery_?code|private_?key|community)
    [\w.-]{0,40}["']?[ \t]*[:=][ \t]*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;}\]]+)"""
)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`, without what a key calls a password, and without what looks like a key, a hash
    or a code of Trivet's."""
    for secret in sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, REMOVED)
    for pattern in _PATTERNS:
        text = pattern.sub(REMOVED, text)
    return _NAMED.sub(rf"\1{REMOVED}", text)
