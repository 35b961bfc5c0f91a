"""Passwords as they may be stored: scrypt with a salt of its own each, made by the deploy, checked by the engine."""

import base64
import hashlib
import hmac
import secrets

_N, _R, _P = 1 << 14, 8, 1  # 16 MiB and a fraction of a second, also where the processor is emulated
_SALT_BYTES, _HASH_BYTES = 16, 32
_MAX_MEMORY = 64 << 20


def hash_password(password: str, *, cost: int = _N) -> str:
    """`scrypt$n$r$p$salt$hash`, the last two in base64. `cost` is n, a power of two; only tests want another one."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(password, salt, cost, _R, _P)
    return f"scrypt${cost}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(password: str, stored: str) -> bool:
    """Whether `stored` was made of `password`; a `stored` that is not one of ours matches nothing."""
    try:
        scheme, n, r, p, salt, digest = stored.split("$")
        expected = base64.b64decode(digest, validate=True)
        actual = _scrypt(password, base64.b64decode(salt, validate=True), int(n), int(r), int(p))
    except ValueError:
        return False
    return scheme == "scrypt" and len(expected) == _HASH_BYTES and hmac.compare_digest(actual, expected)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MAX_MEMORY, dklen=_HASH_BYTES)
