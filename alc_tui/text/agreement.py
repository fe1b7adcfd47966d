"""Agreement in words, for the command line and the Progress screen."""

from __future__ import annotations

from alc_tui.session.labeling.agreement import Agreement, SuggestionAgreement, Summary
from alc_tui.text.format import percent


def lines(summary: Summary) -> list[tuple[str, str]]:
    """(title, agreement) of each comparison, as text."""
    rows = [(between(names), format_agreement(agreement)) for names, agreement in summary.annotators.items()]
    rows += [(repeat_title(name), format_agreement(agreement)) for name, agreement in summary.consistency.items()]
    for name, suggestion_agreement in (("blind", summary.blind), ("open", summary.open)):
        if suggestion_agreement is not None:
            rows.append((f"with the suggestion, {name}", format_suggestion_agreement(suggestion_agreement)))
    return rows


def between(names: tuple[str, str]) -> str:
    """The title of a comparison of two annotators."""
    return f"{names[0]} and {names[1]}"


def repeat_title(name: str) -> str:
    """The title of a comparison of an annotator with their silent repeats."""
    return f"{name}, shown again"


def format_agreement(agreement: Agreement) -> str:
    """`83% of 24, κ 0.71`."""
    return f"{percent(agreement.share).strip()} of {agreement.pairs:,}, κ {kappa(agreement.kappa)}"


def format_suggestion_agreement(agreement: SuggestionAgreement) -> str:
    """`64% of 50 (50–76%)`, with the 95 % interval."""
    low, high = (percent(share).strip() for share in (agreement.low, agreement.high))
    return f"{percent(agreement.share).strip()} of {agreement.labels:,} ({low.rstrip('%')}–{high})"


def kappa(value: float | None) -> str:
    """κ with two decimals, `–` if undefined."""
    return "–" if value is None else f"{value:.2f}"
