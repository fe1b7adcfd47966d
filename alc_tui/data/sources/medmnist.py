"""MedMNIST files: `{flag}.npz` (28 px) or `{flag}_{size}.npz`, containing train, val, and test arrays."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, Dataset
from alc_tui.data.files.numpy_files import read_header, read_member
from alc_tui.data.images import ArrayImages
from alc_tui.data.sources.search import search_folders
from alc_tui.errors import UsageError

SIZES = (28, 64, 128, 224)

_ORGANS = (
    *("bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right", "liver"),
    *("lung-left", "lung-right", "pancreas", "spleen"),
)
CLASSES: dict[str, tuple[str, ...]] = {
    "pathmnist": (
        *("adipose", "background", "debris", "lymphocytes", "mucus", "smooth muscle", "normal colon mucosa"),
        *("cancer-associated stroma", "colorectal adenocarcinoma epithelium"),
    ),
    "dermamnist": (
        *("actinic keratoses and intraepithelial carcinoma", "basal cell carcinoma"),
        *(
            "benign keratosis-like lesions",
            "dermatofibroma",
            "melanoma",
            "melanocytic nevi",
            "vascular lesions",
        ),
    ),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    "pneumoniamnist": ("normal", "pneumonia"),
    "retinamnist": ("0", "1", "2", "3", "4"),
    "breastmnist": ("malignant", "normal, benign"),
    "bloodmnist": (
        *("basophil", "eosinophil", "erythroblast"),
        *("immature granulocytes", "lymphocyte", "monocyte", "neutrophil", "platelet"),
    ),
    "tissuemnist": (
        *("collecting duct, connecting tubule", "distal convoluted tubule", "glomerular endothelial cells"),
        *("interstitial endothelial cells", "leukocytes", "podocytes", "proximal tubule segments"),
        "thick ascending limb",
    ),
    "organamnist": _ORGANS,
    "organcmnist": _ORGANS,
    "organsmnist": _ORGANS,
}
"""Class names by flag, as MedMNIST publishes them."""


@dataclass(frozen=True)
class MedMNISTName:
    """The name of one MedMNIST file: its flag and its size in pixels per side."""

    flag: str
    size: int

    @property
    def file(self) -> str:
        """The file's name, as published."""
        return f"{self.flag}.npz" if self.size == SIZES[0] else f"{self.flag}_{self.size}.npz"

    @property
    def spec(self) -> str:
        """The data set's name on the command line."""
        return f"medmnist:{self.flag}" if self.size == SIZES[0] else f"medmnist:{self.flag}@{self.size}"


def parse(text: str) -> MedMNISTName:
    """Parse `FLAG[@SIZE]`; raises UsageError for anything else."""
    flag, _, size = text.partition("@")
    sizes = {str(number): number for number in SIZES}
    if not re.fullmatch(r"[a-z0-9]+", flag):
        raise UsageError(
            f"{text!r} is not a MedMNIST flag; use, for example, medmnist:pathmnist or medmnist:pathmnist@224."
        )
    if (size or "28") not in sizes:
        raise UsageError(f"MedMNIST has no size {size!r}; use one of {', '.join(sizes)}.")
    return MedMNISTName(flag, sizes[size or "28"])


def open_medmnist(root: Path, name: MedMNISTName) -> Dataset:
    """The data set in the MedMNIST file in `root` or a folder directly below it, with its own split.

    Only labels are read immediately; images are read when needed. Ids are `split/row`. Raises UsageError if the file is
    missing or damaged, or does not consist of 2-D images with one label each.
    """
    path = _find(root, name)
    parts = _read(path)
    labels = np.concatenate([parts[part] for part in SPLIT_NAMES])
    classes = CLASSES.get(name.flag) or tuple(str(label) for label in range(int(labels.max(initial=0)) + 1))
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(classes):
        raise UsageError(f"{path} has labels outside [0, {len(classes) - 1}]; download the file again.")
    ids = tuple(f"{part}/{row}" for part in SPLIT_NAMES for row in range(len(parts[part])))
    return Dataset(
        name=name.spec,
        classes=classes,
        ids=ids,
        labels=labels,
        split=np.repeat(np.arange(3, dtype=np.int8), [len(parts[part]) for part in SPLIT_NAMES]),
        images=ArrayImages(path, ids),
        root=path,
    )


def _find(root: Path, name: MedMNISTName) -> Path:
    for folder in search_folders(root):
        if (folder / name.file).is_file():
            return (folder / name.file).resolve()
    raise UsageError(
        f"{name.file} not found in {root} or a folder directly below it; run `alc dataset fetch "
        f"{name.spec}`, or specify its folder with --data-root."
    )


def _read(path: Path) -> dict[str, NDArray[np.int64]]:
    """Labels by split; image shapes are checked in the array headers."""
    try:
        with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as arrays:
            return {
                name: _part(path, name, read_member(arrays, f"{name}_labels"), _header(archive, name))
                for name in SPLIT_NAMES
            }
    except KeyError as error:
        raise UsageError(f"{path} is not a MedMNIST file ({error.args[0]}); download it again.") from error
    except UsageError:
        raise
    except Exception as error:  # the zip, zlib, and npy readers raise different exceptions for damaged files
        raise UsageError(f"{path} cannot be read as a MedMNIST file ({error}); download it again.") from error


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    with archive.open(f"{name}_images.npy") as file:
        return read_header(file)


def _part(
    path: Path, name: str, labels: NDArray[np.generic], header: tuple[tuple[int, ...], np.dtype[np.generic]]
) -> NDArray[np.int64]:
    shape, dtype = header
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] != 3) or dtype != np.uint8:
        raise UsageError(
            f"{path} has images of shape {shape[1:]} and dtype {dtype}; only 8-bit 2-D images are supported."
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise UsageError(
            f"{path} has {labels.shape[1]} labels per image; only data with one label per image is supported."
        )
    if labels.size != shape[0] or labels.dtype.kind not in "iu":
        raise UsageError(f"{path} does not have one label for each of its {shape[0]} {name} images; download it again.")
    return labels.reshape(-1).astype(np.int64)
