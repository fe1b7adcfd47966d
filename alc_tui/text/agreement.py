"""Agreement in words, for the command line and the Progress screen."""

from __future__ import annotations

from alc_tui.session.labeling.agreement import Agreement, SuggestionAgreement, Summary
from alc_tui.text.format import percent


def lines(summary: Summary) -> list[tuple[str, str]]:
    """(title, agreement) of each comparison, as text."""
    found = [(between(names), of_samples(told)) for names, told in summary.annotators.items()]
    found += [(shown_again(name), of_samples(told)) for name, told in summary.consistency.items()]
    for name, followed in (("blind", summary.blind), ("open", summary.open)):
        if followed is not None:
            found.append((f"with the suggestion, {name}", of_labels(followed)))
    return found


def between(names: tuple[str, str]) -> str:
    """The title of a comparison of two annotators."""
    return f"{names[0]} and {names[1]}"


def shown_again(name: str) -> str:
    """The title of a comparison of an annotator with their silent repeats."""
    return f"{name}, shown again"


def of_samples(told: Agreement) -> str:
    """`83% of 24, κ 0.71`."""
    return f"{percent(told.share).strip()} of {told.pairs:,}, κ {kappa(told.kappa)}"


def of_labels(followed: SuggestionAgreement) -> str:
    """`64% of 50 (50–76%)`, with the 95 % interval."""
    low, high = (percent(share).strip() for share in (followed.low, followed.high))
    return f"{percent(followed.share).strip()} of {followed.labels:,} ({low.rstrip('%')}–{high})"


def kappa(value: float | None) -> str:
    """κ with two decimals, `–` if undefined."""
    return "–" if value is None else f"{value:.2f}"
