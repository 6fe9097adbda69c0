"""Errors, named by what the caller does next."""

__all__ = [
    "Blocked",
    "ConfigError",
    "CxscoutError",
    "Damaged",
    "NotThisPage",
    "Refused",
    "Retryable",
    "TooComplex",
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
