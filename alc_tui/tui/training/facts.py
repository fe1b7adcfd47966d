"""Training metrics: progress, remaining time, and scores."""

from __future__ import annotations

import math
from textwrap import wrap

from rich.text import Text
from textual.widget import Widget

from alc_tui.text.bars import bar
from alc_tui.text.format import duration
from alc_tui.tui import palette
from alc_tui.tui.training.state import Training

_NAME = 14


class TrainingFacts(Widget):
    """Draws a `Training`; the remaining time counts down between epochs."""

    def __init__(self) -> None:
        super().__init__()
        self._training = Training()
        self._since = 0
        self._is_running = True

    def show(self, training: Training, since: float, is_running: bool) -> None:
        """Draw this training. since: seconds since its last event."""
        shown = (training, round(since), is_running)
        if shown != (self._training, self._since, self._is_running):
            self._training, self._since, self._is_running = shown
            self.refresh()

    def render(self) -> Text:
        """The lines, as wide as the widget."""
        training, width = self._training, max(10, min(60, self.content_size.width))
        drawn = Text(no_wrap=True, overflow="ellipsis")
        if training.epochs:
            drawn.append(f"epoch {training.epoch} of {training.epochs}{self._within_epoch}\n")
            drawn.append(f"{bar(training.done / training.epochs, width)}\n\n", style=self._bar_style)
        if training.step is not None:
            self._append_step(drawn, width)
        elif not training.epochs and self._is_running:
            drawn.append("Preparing …\n\n")
        for name, value in self._figures():
            lines = wrap(value, max(10, self.content_size.width - _NAME))
            drawn.append(f"{name:<{_NAME}}", style=palette.of(self).faint).append(f"\n{' ' * _NAME}".join(lines) + "\n")
        return drawn

    @property
    def _within_epoch(self) -> str:
        position = self._training.position
        return "" if position is None else f", then {position.done:,} of {position.total:,} samples"

    @property
    def _bar_style(self) -> str:
        colors = palette.of(self)
        return f"{colors.key} on {colors.track}"

    def _append_step(self, drawn: Text, width: int) -> None:
        step = self._training.step
        assert step is not None
        count = f" {step.done:,} of {step.total:,}" if step.total else ""
        drawn.append(f"{step.what}{count}\n")
        if step.total:
            drawn.append(f"{bar(step.done / step.total, width)}\n", style=self._bar_style)
        drawn.append("\n")

    def _figures(self) -> list[tuple[str, str]]:
        training = self._training
        figures = self._results()
        if training.samples:
            figures.append(("samples", f"{training.samples:,}"))
        if training.device:
            figures.append(("device", training.device))
        if self._is_running:
            figures += self._time_left()
            figures.append(("last update", f"{duration(self._since)} ago"))
        return figures

    def _results(self) -> list[tuple[str, str]]:
        """The results of the epochs so far."""
        latest, best = self._training.latest, self._training.best
        if latest is None or best is None:
            return []
        figures = [(f"loss, peer {peer}", f"{loss:.4f}") for peer, loss in enumerate(latest.losses, start=1)]
        figures.append(("validation F1", f"{latest.validation_macro_f1:.3f}  (macro)"))
        figures.append(("best so far", f"{best.validation_macro_f1:.3f}  (epoch {best.epoch})"))
        if latest.kept is not None:
            figures.append(("forget rate", f"{latest.forget_rate:.2f}"))
        if latest.selection_precision is not None:
            figures.append(("precision", f"{100 * latest.selection_precision:.1f}% of selected labels are correct"))
        return figures

    def _time_left(self) -> list[tuple[str, str]]:
        training = self._training
        if training.eta is None or not math.isfinite(training.eta):
            return []
        if training.epochs and training.epoch == training.epochs:
            return [("time left", "scoring and ranking …")]
        seconds = training.eta - self._since
        if seconds < 1 and not training.epochs:  # the estimate does not include the start
            return []
        doubt = ", uncertain: the machine was busy" if training.is_uncertain else ""
        return [("time left", f"about {duration(seconds)}{doubt}" if seconds >= 1 else "almost done")]
