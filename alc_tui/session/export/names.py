"""Names of the export formats. Independent of everything else, so that the command line can list them at once."""

from __future__ import annotations

CSV, FOLDERS = "csv", "folders"
LABEL_STUDIO, CVAT, FIFTYONE, HUGGING_FACE, CLEANLAB = "label-studio", "cvat", "fiftyone", "huggingface", "cleanlab"
FORMATS = {
    CSV: "One table.",
    FOLDERS: "One folder of symbolic links per class.",
    LABEL_STUDIO: "Tasks of Label Studio with annotations and predictions (JSON).",
    CVAT: "Annotations of CVAT: one tag per image (CVAT for images 1.1, XML).",
    FIFTYONE: "Labels of FiftyOne (labels.json of FiftyOneImageClassificationDataset).",
    HUGGING_FACE: "A folder for Hugging Face's ImageFolder: metadata.csv and links to the images.",
    CLEANLAB: "The label issues table of cleanlab (CSV).",
}
"""The formats, each with its description."""
