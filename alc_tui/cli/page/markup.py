"""HTML made of untrusted text: names are escaped, control characters made visible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from alc_tui.text.format import plain

STYLE = """
:root { color-scheme: light dark; --line: #8886; --accent: #2a78d6; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, table.text td { text-align: left; }
.scroll { overflow-x: auto; }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; }
figure { margin: 0; overflow-wrap: anywhere; font-size: .85rem; }
figure img { width: 100%; image-rendering: auto; border-radius: 4px; }
svg { max-width: 100%; height: auto; }
svg text { fill: currentColor; font-size: 12px; } svg .axis { stroke: var(--line); }
svg .band { fill: var(--accent); opacity: .2; } svg .line { fill: none; stroke: var(--accent); stroke-width: 2; }
svg circle { fill: var(--accent); }
"""


def text(value: object) -> str:
    """A value as HTML."""
    return escape(plain(str(value)))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], kind: str = "numbers") -> str:
    """A table. kind: `numbers` aligns all columns but the first to the right, `text` all to the left."""
    header = "".join(f"<th>{text(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    start = f"<thead><tr>{header}</tr></thead>" if head else ""
    return f'<div class="scroll"><table class="{kind}">{start}<tbody>\n{body}</tbody></table></div>'


def section(title: str, *parts: str) -> str:
    """A section with a heading."""
    return "\n".join((f"<section><h2>{text(title)}</h2>", *parts, "</section>"))


def paragraph(sentence: str) -> str:
    """A paragraph."""
    return f"<p>{text(sentence)}</p>"


def document(title: str, generator: str, sections: Iterable[str]) -> str:
    """A page that may load nothing, from nowhere."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="{escape(generator)}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{text(title)}</h1>
{chr(10).join(sections)}
</body>
</html>
"""
