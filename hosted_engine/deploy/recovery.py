"""Seals what only one node has with a code that an administrator keeps: scrypt and AES-256-GCM. No IO.

The sealed text is JSON: a header in the clear that says how it was sealed, and is covered by the seal, beside the data.
"""

import base64
import os
import secrets
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from node.api.problems import Refused

FORMAT = "trivet-recovery"
VERSION = 1
GROUPS, GROUP = 6, 4
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, none that is read as another: 120 bits in all

_COST, _BLOCK, _PARALLEL = 1 << 15, 8, 1  # 32 MiB
_MOST_COST = 1 << 20  # 1 GiB: a header of nobody's must not take the node's memory
_KEY_BYTES, _SALT_BYTES, _NONCE_BYTES = 32, 16, 12


class RecoveryDamaged(Refused):
    what = "The recovery file cannot be used"
    why = "{reason}"
    mend = "Run the deploy on the node that has the site's deploy folder, if there is one: it writes the file anew"


class WrongCode(Refused):
    what = "Nothing was recovered"
    why = "this recovery code does not open the recovery file of site {site}, or the file was changed"
    mend = "Type it as the deploy has shown it: six groups of four letters and digits"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """In the clear. `site` says whose it is. Salt and nonce are base64."""

    format: str = FORMAT
    version: int = VERSION
    site: str
    kdf: str = "scrypt"
    n: int = _COST
    r: int = _BLOCK
    p: int = _PARALLEL
    salt: str
    cipher: str = "aes-256-gcm"
    nonce: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    header: Header
    data: str


def new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def written(code: str) -> str:
    """A code as `new_code` writes it, however it was typed."""
    plain = _plain(code)
    return "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))


def why_not_code(text: str) -> str | None:
    """Why `text`, as somebody has typed it, is no recovery code at all. The sentence does not show it."""
    plain = _plain(text)
    if len(plain) != GROUPS * GROUP:
        return f"has {len(plain)} letters and digits and has to have {GROUPS * GROUP}"
    if odd := sorted({letter for letter in plain if letter not in LETTERS}):
        return f"holds {', '.join(ascii(letter) for letter in odd)}: 0, 1, I, O and other signs are in no code"
    return None


def seal(site: str, files: Mapping[str, str], code: str) -> str:
    """`files` (text by name) so that only `code` opens them."""
    header = Header(site=site, n=_COST, salt=_text(os.urandom(_SALT_BYTES)), nonce=_text(os.urandom(_NONCE_BYTES)))
    content = msgspec.json.encode(dict(sorted(files.items())))
    data = AESGCM(_key(header, code)).encrypt(_bytes(header.nonce), content, msgspec.json.encode(header))
    sealed = Sealed(header=header, data=_text(data))
    return msgspec.json.format(msgspec.json.encode(sealed), indent=2).decode() + "\n"


def unseal(text: str | bytes, code: str) -> dict[str, str]:
    """Raises RecoveryDamaged, also for one of a later version, and WrongCode."""
    sealed = _read(text)
    header = sealed.header
    try:
        key, data = _key(header, code), _bytes(sealed.data)
        content = AESGCM(key).decrypt(_bytes(header.nonce), data, msgspec.json.encode(header))
    except InvalidTag as err:
        raise WrongCode(site=header.site) from err
    except ValueError as err:
        raise RecoveryDamaged(reason=str(err)) from err
    return msgspec.json.decode(content, type=dict[str, str])


def site_of(text: str | bytes) -> str:
    """Whose it is, without the code. Raises RecoveryDamaged."""
    return _read(text).header.site


def _read(text: str | bytes) -> Sealed:
    try:
        sealed = msgspec.json.decode(text, type=Sealed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise RecoveryDamaged(reason=str(err)) from err
    header = sealed.header
    if (header.format, header.kdf, header.cipher) != (FORMAT, "scrypt", "aes-256-gcm"):
        raise RecoveryDamaged(reason="it is not sealed in a way that is known here")
    if header.version != VERSION:
        raise RecoveryDamaged(reason=f"it is of version {header.version}, known is {VERSION}")
    if not 2 <= header.n <= _MOST_COST or (header.r, header.p) != (_BLOCK, _PARALLEL):
        raise RecoveryDamaged(reason="its header asks for more work than any of ours does")
    return sealed


def _key(header: Header, code: str) -> bytes:
    scrypt = Scrypt(salt=_bytes(header.salt), length=_KEY_BYTES, n=header.n, r=header.r, p=header.p)
    return scrypt.derive(_plain(code).encode())


def _plain(code: str) -> str:
    """Without what is there for the eye: blanks, hyphens, small letters."""
    return "".join(code.replace("-", " ").split()).upper()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
