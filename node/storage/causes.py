"""What an error number means where storage is meant, so that an operator knows what to look at; pure."""

import errno
import os

_SANLOCK_TIMEOUT = 202  # SANLK_AIO_TIMEOUT of sanlock's src/sanlock_rv.h

_DESCRIPTIONS = {
    errno.ENOSPC: "the volume is full",
    errno.EDQUOT: "the quota of the volume is used up",
    errno.ENOTCONN: "the volume reaches too few of its bricks, or the process of its mount is gone",
    errno.EBADFD: "the volume lost its bricks while the file was open",
    errno.EIO: "the storage below failed to read or write",
    errno.EROFS: "the file system takes no writes",
    errno.ESTALE: "the file is not on the volume any more as it was opened",
    errno.ETIMEDOUT: "the storage did not answer in time",
    _SANLOCK_TIMEOUT: "the volume did not answer within sanlock's I/O timeout",
}


def describe_errno(number: int) -> str:
    """What the error `number` means, with the system's own description."""
    own = os.strerror(number) if number in errno.errorcode else f"error {number}"
    return f"{_DESCRIPTIONS[number]} ({own})" if number in _DESCRIPTIONS else own


def cause(err: OSError) -> str:
    """As `describe_errno`, with the file that it is about."""
    text = describe_errno(err.errno) if err.errno is not None else str(err)
    return f"{text}: {err.filename}" if err.filename is not None else text
