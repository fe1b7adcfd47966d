"""The gallery: test images of a class or of a cell of the confusion matrix."""
