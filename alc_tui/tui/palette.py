"""The colours of the app: neutral greys, for a tinted surround changes how the colours of an image are seen.

Colour never says anything alone: whatever it marks is also written out.
"""

from __future__ import annotations

from textual.theme import Theme

KEY = "#5fafaf"
GIVEN = "#d7af5f"
MODEL = GOOD = "#87af87"
BAD = "#d75f5f"
FAINT = "#767676"
TRACK = "#303030"

SOBER = Theme(
    name="alc",
    primary=KEY,
    secondary=FAINT,
    accent=KEY,
    success=GOOD,
    warning=GIVEN,
    error=BAD,
    foreground="#d0d0d0",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    dark=True,
)
