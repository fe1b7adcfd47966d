"""Text in XML: what it cannot hold is refused."""

from __future__ import annotations

import re

from alc_tui.errors import UsageError

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text; raises UsageError for characters that XML 1.0 cannot hold."""
    if _FORBIDDEN.search(text):
        raise UsageError(f"XML cannot hold the characters of {text!r}; rename it, or export another --format.")
    return text
