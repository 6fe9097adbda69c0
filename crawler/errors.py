"""Errors, named by what the caller does next."""

import errno
import sqlite3

__all__ = [
    "Blocked",
    "ConfigError",
    "CxscoutError",
    "Damaged",
    "DiskFailed",
    "DiskFull",
    "NotThisPage",
    "Refused",
    "Retryable",
    "TooComplex",
    "storage_error",
]


class CxscoutError(Exception):
    """Base of all errors we raise; the message holds the thing, the value and the way out."""

    exit_code = 1


class ConfigError(CxscoutError):
    """Tell the person: something they gave is wrong. The command line exits with 2."""

    exit_code = 2


class Damaged(CxscoutError):
    """Restore a backup: the database cannot be read. The command line exits with 4."""

    exit_code = 4


class DiskFull(CxscoutError):
    """Make space, then go on. The command line exits with 3."""

    exit_code = 3


class DiskFailed(CxscoutError):
    """Look at the disk: it cannot be written or read. The command line exits with 5."""

    exit_code = 5


class Blocked(CxscoutError):
    """Wait and report: the site does not want this visit (challenge page, 403, login wall)."""


class Retryable(CxscoutError):
    """Try again later: a timeout, a 5xx, a quota."""


class Refused(CxscoutError):
    """Never fetch: our own rules forbid this address (private network, scheme, port)."""


class NotThisPage(CxscoutError):
    """Skip and count: the page is not of the kind that the caller reads."""


class TooComplex(NotThisPage):
    """Skip and mark: the page weighs more than we parse (depth, nodes, attributes)."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FAILED = (errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO)


def storage_error(message: str, error: Exception) -> CxscoutError:
    """The error that says what the disk or the database said, with the exit code for it.

    >>> storage_error("x", OSError(errno.ENOSPC, "full")).exit_code
    3
    >>> storage_error("x", OSError(errno.EROFS, "read-only")).exit_code
    5
    """
    if isinstance(error, OSError):
        for numbers, kind in ((_FULL, DiskFull), (_FAILED, DiskFailed)):
            if error.errno in numbers:
                return kind(message)
        return CxscoutError(message)
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, sqlite3.Error) else ""
    for start, found in _SQLITE.items():
        if name.startswith(start):
            return found(message)
    return CxscoutError(message)


_SQLITE: dict[str, type[CxscoutError]] = {
    "SQLITE_FULL": DiskFull,
    "SQLITE_IOERR": DiskFailed,
    "SQLITE_READONLY": DiskFailed,
    "SQLITE_CORRUPT": Damaged,
    "SQLITE_NOTADB": Damaged,
}
