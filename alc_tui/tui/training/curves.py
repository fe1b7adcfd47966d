"""Training curves: the clean share of each class, and scores and losses by epoch."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll

from alc_tui.tui.training.clean_shares import CleanShares
from alc_tui.tui.training.state import Training
from alc_tui.tui.widgets.plot import Plot, Series


class TrainingCurves(Container):
    """Draws a `Training`; nothing before its first epoch."""

    def __init__(self, classes: Sequence[str]) -> None:
        super().__init__()
        self._class_names = tuple(classes)

    def compose(self) -> ComposeResult:
        """Clean shares above or next to two plots."""
        with VerticalScroll(id="shares", can_focus=False):
            yield CleanShares(self._class_names)
        with Vertical(id="curves"):
            yield Plot("validation macro-F1 by epoch  (● best)", id="validation")
            yield Plot("loss by epoch  (1, 2: peers)", id="losses")

    def show(self, training: Training) -> None:
        """Draw this training."""
        latest, best, epochs = training.latest, training.best, [epoch.epoch for epoch in training.history]
        shares = latest.kept if latest else None
        self.query_one("#shares").display = shares is not None
        self.query_one("#curves").visible = latest is not None
        if latest is None or best is None:
            return
        if shares is not None:
            self.query_one(CleanShares).show(tuple(shares))
        axis = (0, training.epochs)
        scores = Series(epochs, [epoch.validation_macro_f1 for epoch in training.history], marks="", has_line=True)
        highest = Series([best.epoch], [best.validation_macro_f1])
        self.query_one("#validation", Plot).show([scores, highest], axis)
        losses = [
            Series(epochs, [epoch.losses[peer] for epoch in training.history], marks=str(peer + 1), color=color)
            for peer, color in zip(range(len(latest.losses)), ("key", "given"), strict=False)
        ]
        self.query_one("#losses", Plot).show(losses, axis, are_shares=False)
