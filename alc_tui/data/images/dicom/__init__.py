"""DICOM files, read with the extra `dicom`."""
