"""Why a session has no further round, in words."""


def why_done(finished: int, rounds: int) -> str:
    """A sentence without its full stop. finished: how many rounds are, with round 0. rounds: after round 0."""
    if finished > rounds:
        return "All rounds are done"
    return "Nothing counts as noisy, so there is nothing to label" if finished == 1 else "No sample is left to label"
