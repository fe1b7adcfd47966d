"""Image sizes, in a module that does not import torch."""

RESIZE, CROP = 256, 224


def stored_size(image_size: int) -> int:
    """The side of the stored square image from which crops of `image_size` are taken: 256 for 224."""
    return round(image_size * RESIZE / CROP)
