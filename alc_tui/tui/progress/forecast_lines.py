"""Reads what the next round will probably bring."""

from __future__ import annotations

from alc_tui.errors import AlcError
from alc_tui.session.forecast.next_round import read_forecast
from alc_tui.session.store.folder import SessionFolder
from alc_tui.text import forecast as texts
from alc_tui.text.format import plain


def forecast_lines(folder: SessionFolder) -> tuple[list[str], str]:
    """The forecast for the next round of a session, one sentence a line, or why there is none; and a note on it."""
    try:
        forecast = read_forecast(folder)
    except (AlcError, OSError) as error:
        return [plain(f"No forecast: {error}")], ""
    if forecast is None:
        return [texts.NO_NEXT_ROUND], ""
    return [plain(line) for line in texts.lines(forecast)], texts.note(forecast)
