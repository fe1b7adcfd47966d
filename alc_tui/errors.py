"""The errors a person sees: one sentence that says what is wrong, where, and what to try next.

Each class carries the exit code of the command line (0 done, 1 it failed, 2 wrong use or
configuration, 3 session missing or locked, 4 training failed).
"""


class AlcError(Exception):
    """It failed for a reason that can be put in one sentence."""

    exit_code = 1


class UsageError(AlcError):
    """A setting, name or file that the user gave cannot be used."""

    exit_code = 2


class SessionUnavailable(AlcError):
    """The session does not exist, or somebody else is writing to it."""

    exit_code = 3


class TrainingFailed(AlcError):
    """The training cannot go on; what was written before is kept."""

    exit_code = 4
