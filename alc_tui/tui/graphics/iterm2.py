"""iTerm2's inline images: a file that the terminal decodes and fits into a block of cells.

Source: https://iterm2.com/documentation-images.html
"""

from __future__ import annotations

from base64 import b64encode

from alc_tui.tui.graphics.graphic import Graphic, Size


def inline(file: bytes, cells: Size) -> Graphic:
    """The image of a PNG or JPEG file, whose shape is that of the cells."""
    columns, rows = cells
    arguments = f"inline=1;size={len(file)};width={columns};height={rows};preserveAspectRatio=0;doNotMoveCursor=1"
    return Graphic(cells, (f"\x1b]1337;File={arguments}:{b64encode(file).decode()}\x07",))
