"""The errors that users see: one sentence that says what is wrong, where, and what to try next.

Each class carries the exit code of the command line (0 done, 1 failed, 2 wrong usage or configuration, 3 session
missing or locked, 4 training failed).
"""


class AlcError(Exception):
    """An operation failed, for a reason that fits in one sentence."""

    exit_code = 1


class UsageError(AlcError, ValueError):
    """A setting, argument, name or file that the user specified is invalid."""

    exit_code = 2


class SessionUnavailable(AlcError):
    """The session does not exist, or another process is writing to it."""

    exit_code = 3


class TrainingFailed(AlcError):
    """Training cannot continue; everything written so far is intact."""

    exit_code = 4
