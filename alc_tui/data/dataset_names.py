"""Names of the known data sets."""

from __future__ import annotations

DATASETS = {
    "isic": "ISIC-2019: 25,331 dermoscopic images, 8 classes; tables and images in the data root",
    "nct": "NCT-CRC-HE-100K, tested on CRC-VAL-HE-7K: 9 classes of colorectal tissue, in the data root",
    "nct-lt": "nct with the paper's long tail: 15,924 / 3,982 / 7,180 images, imbalance 101:1",
    "medmnist:FLAG[@SIZE]": "a 2-D MedMNIST file with one label per image, e.g. medmnist:pathmnist@224",
    "folder:PATH": "one folder per class, optionally inside train, val, and test folders",
    "csv:PATH": "a table with the columns image and label and, optionally, split, truth, and group",
    "label-studio:PATH": "a JSON export of Label Studio (JSON or JSON-MIN) with one choice per image",
    "demo": "small synthetic images; nothing to download",
}
"""Values of `--dataset`, each with its description."""
DATASET_KINDS = tuple(name.partition(":")[0] for name in DATASETS)


def is_known(dataset: str) -> bool:
    """Whether the name is that of a data set, or its kind in `kind:PATH`; the path is not checked."""
    return dataset.partition(":")[0] in DATASET_KINDS
