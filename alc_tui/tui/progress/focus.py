"""Makes a class the focus class, of which later rounds show more, or clears it."""

from __future__ import annotations

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.text.focus import changed


def toggle_focus(service: SessionService, name: str) -> tuple[str, bool]:
    """Make `name` the focus class, or clear it if it is; returns what to say, and whether it is an error."""
    label = None if service.focus == name else name
    try:
        return changed(label, service.set_focus(label)), False
    except AlcError as error:
        return str(error), True
