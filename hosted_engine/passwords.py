"""Passwords as they may be stored: argon2id with a salt of its own each, made by the deploy, checked by the engine.
What releases before it stored is scrypt, which is still checked."""

import base64
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

# OWASP's least for argon2id: what the engine's VM (1 GiB) can spare for two at a time; 30 ms of a processor.
_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1
_SCRYPT_HASH_BYTES, _SCRYPT_MOST_MEMORY = 32, 64 << 20


def hash_password(password: str, *, memory_kib: int = _MEMORY_KIB) -> str:
    """`$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Only tests want another `memory_kib`, 8 at least."""
    return _hasher(memory_kib).hash(_bytes(password))


def matches(password: str, stored: str) -> bool:
    """Whether `stored` was made of `password`; a `stored` that is not one of ours matches nothing."""
    if stored.startswith("scrypt$"):
        return _matches_scrypt(password, stored)
    try:
        return _hasher(_MEMORY_KIB).verify(stored, _bytes(password))
    except (InvalidHashError, VerificationError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash is of another kind or other costs than those of today, and to be made anew when its password is
    known."""
    try:
        return _hasher(_MEMORY_KIB).check_needs_rehash(stored)
    except InvalidHashError:
        return True


def new_secret() -> str:
    """256 random bits, for accounts of programs."""
    return secrets.token_urlsafe(32)


def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(_PASSES, memory_kib, _LANES, type=Type.ID)


def _bytes(password: str) -> bytes:
    """What no UTF-8 can say matches nothing, but is hashed: a stranger learns nothing from a quick answer."""
    return password.encode(errors="surrogatepass")


def _matches_scrypt(password: str, stored: str) -> bool:
    """`scrypt$n$r$p$salt$hash`, the last two in base64."""
    try:
        _, n, r, p, salt, digest = stored.split("$")
        expected = base64.b64decode(digest, validate=True)
        actual = hashlib.scrypt(
            _bytes(password),
            salt=base64.b64decode(salt, validate=True),
            n=int(n),
            r=int(r),
            p=int(p),
            maxmem=_SCRYPT_MOST_MEMORY,
            dklen=_SCRYPT_HASH_BYTES,
        )
    except ValueError:
        return False
    return len(expected) == _SCRYPT_HASH_BYTES and hmac.compare_digest(actual, expected)
