"""Loads image files and arrays as upright 8-bit RGB. Independent of labels, the cache, and the screen.

Images that are not plain 8-bit RGB are converted:
- EXIF orientation is applied; of several frames or pages, the first is used or the one that is named;
- transparency is blended with black, the background color of most medical images;
- images with more than 8 bits are rescaled, see `depth`; gray ones by the window that is named, see `read_windows`.
"""

from alc_tui.data.images.arrays import ArrayImages
from alc_tui.data.images.color import bands, square
from alc_tui.data.images.decoding import WindowedImage, decode, decode_in_window, decoded
from alc_tui.data.images.errors import LASTING, BadImageError, OutOfResources, UnreadableFileError, out_of_resources
from alc_tui.data.images.files import FileImages, read_file
from alc_tui.data.images.formats import extensions, formats
from alc_tui.data.images.frames import file_of, frame_of
from alc_tui.data.images.header import Header, read_header, read_windows

__all__ = [
    "LASTING",
    "ArrayImages",
    "BadImageError",
    "FileImages",
    "Header",
    "OutOfResources",
    "UnreadableFileError",
    "WindowedImage",
    "bands",
    "decode",
    "decode_in_window",
    "decoded",
    "extensions",
    "file_of",
    "formats",
    "frame_of",
    "out_of_resources",
    "read_file",
    "read_header",
    "read_windows",
    "square",
]
