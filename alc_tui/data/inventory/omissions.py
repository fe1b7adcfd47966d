"""Names that say that a file or folder is none of the data's images. Independent of the file system."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import PurePath

HIDDEN = "hidden file or folder"
MASKS = "mask or segmentation beside its image"
ALIASES = "link to what is read anyway"
IRREGULAR = "entry that is no regular file"
LOOSE = "image beside the class folders"
EMPTY = "folder without images"
UNLISTED = "image that the table does not name"
NO_PIXELS = "DICOM file without an image"
WITHOUT_EXTENSION = "file without an extension"
DICOM_BY_CONTENT = "DICOM file (by its content)"

_OF_SYSTEMS = (
    *("@eaDir", "@tmp", "@Recycle", "@Recently-Snapshot", "@sharebin", "#recycle", "#snapshot", "lost+found"),
    *("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "RECYCLER", "Network Trash Folder"),
    *("Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "Icon\r", "__pycache__"),
)
"""Folders and files that a NAS, an operating system or a program keeps among a user's own."""
_SYSTEM_NAMES = {name.casefold(): name for name in _OF_SYSTEMS}
_SYNOLOGY_THUMBNAIL = re.compile(r"SYNO(PHOTO|VIDEO|FILE)_\w+", re.IGNORECASE)
DICOM, _DICOM_DIRECTORY = "DICOM", "DICOMDIR"
DICOM_EXTRA = "To read DICOM files, run `pip install 'alc-tui[dicom]'`."
_KINDS = {
    **dict.fromkeys((".dcm", ".dicom", ".ima"), DICOM),
    **dict.fromkeys((".nii", ".nii.gz"), "NIfTI"),
    **dict.fromkeys((".svs", ".ndpi", ".mrxs", ".scn", ".czi", ".bif"), "whole-slide"),
}
_MASK_WORDS = r"masks?|seg|segm|segmentations?|superpixels?|annotations?|annotated|overlay|contours?|ground_?truth|gt"
_MASK_OF = re.compile(rf"(?P<image>.+?)[\W_](?:{_MASK_WORDS})(?:[\W_]?\d+)?", re.IGNORECASE)
_MASK_FOLDER = re.compile(rf"(?:\w*_)?(?:{_MASK_WORDS})", re.IGNORECASE)
_IMAGE_FOLDER = re.compile(r"(?:\w*_)?(?:images?|imgs?|pictures?|photos?)", re.IGNORECASE)


def by_name(name: str) -> str | None:
    """The reason to leave out a file or folder whatever it holds, None if there is none."""
    system = _SYSTEM_NAMES.get(name.casefold())
    if system is not None or _SYNOLOGY_THUMBNAIL.match(name):
        return f"file or folder of a system ({(system or 'SYNOPHOTO_*').strip()})"
    return HIDDEN if name.startswith(".") else None


def by_extension(name: str) -> str:
    """The reason to leave out a file that is not an image: `DICOM file (.dcm)`."""
    path = PurePath(name)
    if path.name.upper() == _DICOM_DIRECTORY:
        return NO_PIXELS
    suffix = ("".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix).lower()
    if not suffix:
        return WITHOUT_EXTENSION
    kind = _KINDS.get(suffix)
    return f"{suffix} file" if kind is None else f"{kind} file ({suffix})"


def masks(names: Sequence[str]) -> set[str]:
    """Those of the image files of one folder that are masks or segmentations of another one of them: `a_mask.png`
    beside `a.jpg`."""
    stems = {name: os.path.splitext(name)[0].casefold() for name in names}  # noqa: PTH122 - faster than pathlib
    images = set(stems.values())
    matches = {name: _MASK_OF.fullmatch(stem) for name, stem in stems.items()}
    return {name for name, match in matches.items() if match is not None and match["image"] in images}


def mask_folders(names: Collection[str]) -> set[str]:
    """Those of the folders of one folder that hold masks: `masks` beside `images`."""
    if not any(_IMAGE_FOLDER.fullmatch(name) for name in names):
        return set()
    return {name for name in names if _MASK_FOLDER.fullmatch(name)}
