"""Hashes root's password as crypt(5) has it (yescrypt), by the system's own libcrypt: Python has no crypt any more."""

import ctypes
import functools
from typing import ClassVar

from node.api.problems import Failed

LIBRARY = "libcrypt.so.1"
YESCRYPT = b"$y$"
SETTING_BYTES = 192  # CRYPT_GENSALT_OUTPUT_SIZE of crypt.h
STATE_BYTES = 32768  # sizeof(struct crypt_data)


class NotHashed(Failed):
    what: ClassVar[str] = "The password was not hashed"
    why: ClassVar[str] = "{reason}"
    mend: ClassVar[str] = "Make the hash elsewhere (mkpasswd -m yescrypt) and give it as password_hash"


def yescrypt(password: str) -> str:
    """The hash of `password` with a fresh salt. Raises NotHashed where the library cannot."""
    return _hashed(password, _setting())


def _setting() -> bytes:
    """The method with its costs, as the library has them by default, and a salt of the kernel's random bytes."""
    setting = ctypes.create_string_buffer(SETTING_BYTES)
    if not _library().crypt_gensalt_rn(YESCRYPT, 0, None, 0, setting, SETTING_BYTES):
        raise NotHashed(reason=f"{LIBRARY} knows no yescrypt")
    return setting.value


def _hashed(password: str, setting: bytes) -> str:
    state = ctypes.create_string_buffer(STATE_BYTES)
    hashed = _library().crypt_rn(password.encode(), setting, state, STATE_BYTES)
    if hashed is None:
        raise NotHashed(reason=f"{LIBRARY} refused it")
    return str(hashed.decode())


@functools.cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as err:
        raise NotHashed(reason=f"{LIBRARY} is not there ({err})") from err
    text, size = ctypes.c_char_p, ctypes.c_int
    library.crypt_gensalt_rn.argtypes = (text, ctypes.c_ulong, text, size, ctypes.c_char_p, size)
    library.crypt_gensalt_rn.restype = text
    library.crypt_rn.argtypes = (text, text, ctypes.c_char_p, size)
    library.crypt_rn.restype = text
    return library
