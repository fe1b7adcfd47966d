"""Selects the case data that a session shows beside its images."""

from __future__ import annotations

from alc_tui.data.case_data import ALL_COLUMNS, NO_COLUMNS, CaseData, check_column, chosen_columns, default_columns
from alc_tui.data.dataset import Dataset, read_content
from alc_tui.data.images.dicom.attributes import check_keyword, read_attributes
from alc_tui.data.images.dicom.names import has_dicom_extension, is_dicom_file
from alc_tui.data.images.frames import file_of
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.setting import split_names


def select_case_data(dataset: Dataset, config: Config) -> CaseData | None:
    """The columns of the data's table that the configuration asks for, or those of `case_data.default_columns`.

    Of DICOM files without a table, the attributes it asks for. None if there are none. Raises UsageError for a column
    or attribute that does not exist, and for hidden columns that are not shown.
    """
    case_data = _selected(dataset, config)
    columns = () if case_data is None else case_data.columns
    hidden = split_names(config.blind_hides)
    if hidden not in ((), (ALL_COLUMNS,)):
        if not columns:
            raise UsageError(f"No column of {dataset.name} is shown, so that none can be hidden; omit --blind-hides.")
        for name in hidden:
            check_column(name, columns, f"The case data shown of {dataset.name}")
    return case_data if columns else None


def _selected(dataset: Dataset, config: Config) -> CaseData | None:
    known = dataset.case_data
    if config.show is None:
        return None if known is None else known.select(default_columns(known, dataset.labels))
    names = split_names(config.show)
    if (known is None or not known.columns) and _has_dicom(dataset) and names not in ((), (NO_COLUMNS,)):
        return _attributes(dataset, names)
    chosen = chosen_columns(known, names, dataset.name)
    return known.select(chosen) if known is not None and chosen else None


def _has_dicom(dataset: Dataset) -> bool:
    return any(_is_dicom(dataset, index) for index in range(len(dataset)))


def _is_dicom(dataset: Dataset, index: int) -> bool:
    """Whether an image is a DICOM file; of those in object storage, by its name only."""
    if has_dicom_extension(file_of(dataset.images.locator(index))):
        return True
    path = dataset.images.path(index)
    return path is not None and is_dicom_file(path)


def _attributes(dataset: Dataset, keywords: tuple[str, ...]) -> CaseData:
    for keyword in keywords:
        check_keyword(keyword)
    nothing = ("",) * len(keywords)
    files = (
        read_content(dataset.images, index) if _is_dicom(dataset, index) else None for index in range(len(dataset))
    )
    return CaseData(keywords, tuple(nothing if file is None else read_attributes(file, keywords) for file in files))
