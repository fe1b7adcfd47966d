from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as TF
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from alc_tui.data.cache.sizes import stored_size
from alc_tui.model.augment import (
    AugmentationParameters,
    augment,
    blur,
    color_jitter,
    crop_flip_rotate,
    draw_parameters,
    normalize,
    resize_and_normalize,
    rotate_nearest,
    shift_hue,
)

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture
def pixels() -> Tensor:
    """Four uint8 images of 16 × 16, smooth enough to have something to blur."""
    coarse = np.random.default_rng(0).integers(256, size=(4, 5, 5, 3), dtype=np.uint8)
    images = [np.asarray(Image.fromarray(image).resize((16, 16), Image.Resampling.BICUBIC)) for image in coarse]
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


@pytest.fixture
def colors() -> Tensor:
    """float[6, 3, 7, 9] of colors of all kinds: random ones, grays, black, white, primaries."""
    images = torch.from_numpy(np.random.default_rng(1).random((6, 3, 7, 9)).astype(np.float32))
    images[0, :, 0] = images[0, :1, 0]
    images[1, :, :, 0], images[1, :, :, 1] = 0.0, 1.0
    images[2, :, :3, :3] = torch.eye(3)[:, :, None]
    return images


def still(n: int) -> AugmentationParameters:
    """Draws that change nothing."""
    return AugmentationParameters(
        crop=np.full((n, 2), 0.5, np.float32),
        flip=np.zeros(n, dtype=bool),
        angle=np.zeros(n, np.float32),
        sigma=np.zeros(n, np.float32),
        jitter=np.tile(np.array([1, 1, 1, 0], np.float32), (n, 1)),
    )


def sampled(image: NDArray[np.float32], y: float, x: float) -> NDArray[np.float32]:
    """Bilinear between pixel centers of image[3, S', S'], black outside."""
    top, left = math.floor(y), math.floor(x)
    value = np.zeros(3, np.float32)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
            value += (1 - abs(y - row)) * (1 - abs(x - column)) * image[:, row, column]
    return value


def by_hand(image: NDArray[np.float32], parameters: AugmentationParameters, row: int, size: int) -> NDArray[np.float32]:
    """Where each pixel of the crop comes from: mirrored at, then turned about, the crop's center."""
    room, middle = image.shape[1] - size, (size - 1) / 2
    center_y, center_x = (float(part) * room + middle for part in parameters.crop[row])
    angle, made = float(parameters.angle[row]), np.zeros((3, size, size), np.float32)
    for y in range(size):
        for x in range(size):
            right, down = (middle - x if parameters.flip[row] else x - middle), y - middle
            source_x = center_x + math.cos(angle) * right - math.sin(angle) * down
            source_y = center_y + math.sin(angle) * right + math.cos(angle) * down
            made[:, y, x] = sampled(image, source_y, source_x)
    return made


def test_crop_flip_and_rotation_take_each_pixel_from_where_it_should_come(pixels: Tensor) -> None:
    parameters = draw_parameters(4, np.random.default_rng(3))
    parameters = replace(
        parameters, flip=np.array([True, False, True, False]), angle=np.array([0.17, -0.1, -0.17, 0.05], "f4")
    )
    images = pixels.float() / 255
    made = crop_flip_rotate(images, parameters, 13)
    for row in range(4):
        assert np.allclose(made[row], by_hand(images[row].numpy(), parameters, row, 13), atol=2e-5), row


def test_the_crop_at_either_end_of_the_free_room_is_the_corner(pixels: Tensor) -> None:
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    made = crop_flip_rotate(pixels.float(), replace(still(4), crop=corners), 11)
    for image, cut, (top, left) in zip(pixels.float(), made, ((0, 0), (0, 5), (5, 0), (5, 5)), strict=True):
        assert torch.allclose(cut, TF.crop(image, top, left, 11, 11), atol=0.01)


def test_a_flip_mirrors_left_and_right(pixels: Tensor) -> None:
    parameters = replace(still(4), flip=np.array([True, False, True, True]))
    made = crop_flip_rotate(pixels.float(), parameters, 16)
    for flipped, image, cut in zip(parameters.flip, pixels.float(), made, strict=True):
        assert torch.allclose(cut, TF.hflip(image) if flipped else image, atol=0.01)


@pytest.mark.parametrize("degrees", [-10.0, 4.0, 10.0])
def test_a_rotation_is_torchvisions(pixels: Tensor, degrees: float) -> None:
    parameters = replace(still(4), angle=np.full(4, np.deg2rad(degrees), np.float32))
    expected = TF.rotate(pixels.float(), degrees, TF.InterpolationMode.BILINEAR)
    assert torch.allclose(crop_flip_rotate(pixels.float(), parameters, 16), expected, atol=0.01)


def test_draws_that_change_nothing_give_the_plain_center(pixels: Tensor) -> None:
    made = augment(pixels, still(4), 12)
    assert torch.allclose(made, normalize(TF.center_crop(pixels, [12, 12]).float() / 255), atol=1e-5)


def test_each_sample_is_augmented_by_its_own_draws(pixels: Tensor) -> None:
    parameters = draw_parameters(4, np.random.default_rng(4))
    parameters = replace(parameters, sigma=np.array([0.8, 0, 0.3, 0], np.float32))
    together = augment(pixels, parameters, 12)
    for row in range(4):
        alone = augment(pixels[row : row + 1], parameters.rows(row, row + 1), 12)
        assert torch.allclose(together[row : row + 1], alone, atol=1e-6)


def test_blur_and_jitter_reach_only_those_for_whom_they_were_drawn(pixels: Tensor) -> None:
    parameters = still(4)
    parameters.sigma[1], parameters.jitter[2] = 0.9, (1.1, 0.9, 1.05, 0.01)
    made, untouched = augment(pixels, parameters, 12), augment(pixels, still(4), 12)
    changed = [not torch.equal(one, other) for one, other in zip(made, untouched, strict=True)]
    assert changed == [False, True, True, False]
    middle = TF.center_crop(pixels, [12, 12]).float() / 255
    assert torch.allclose(made[1], normalize(TF.gaussian_blur(middle[1:2], [5, 5], [0.9, 0.9]))[0], atol=1e-4)
    jittered = TF.adjust_hue(
        TF.adjust_saturation(TF.adjust_contrast(TF.adjust_brightness(middle[2:3], 1.1), 0.9), 1.05), 0.01
    )
    assert torch.allclose(made[2], normalize(jittered)[0], atol=1e-3)


def test_augmentation_is_the_same_for_the_same_draws_and_leaves_the_pixels_alone(pixels: Tensor) -> None:
    before, parameters = pixels.clone(), draw_parameters(4, np.random.default_rng(5))
    assert torch.equal(augment(pixels, parameters, 12), augment(pixels, parameters, 12))
    assert torch.equal(pixels, before)
    made = augment(pixels, parameters, 12)
    assert made.dtype == torch.float32 and made.shape == (4, 3, 12, 12)


def test_blur_is_torchvisions_with_a_sigma_for_each_sample(colors: Tensor) -> None:
    sigma = torch.tensor([0.1, 0.2, 0.35, 0.5, 0.75, 1.0])
    made = blur(colors, sigma)
    for image, width, blurred in zip(colors, sigma.tolist(), made, strict=True):
        assert torch.allclose(blurred, TF.gaussian_blur(image, [5, 5], [width, width]), atol=1e-6)


def test_blur_keeps_a_plain_color() -> None:
    assert torch.allclose(blur(torch.full((1, 3, 8, 8), 0.4), torch.tensor([1.0])), torch.tensor(0.4))


def jitter(n: int, **factors: float) -> Tensor:
    names = ("brightness", "contrast", "saturation", "hue")
    return torch.tensor([[factors.get(name, float(name != "hue")) for name in names]] * n)


@pytest.mark.parametrize("factor", [0.9, 0.97, 1.0, 1.1])
def test_brightness_is_torchvisions(colors: Tensor, factor: float) -> None:
    made = color_jitter(colors, jitter(6, brightness=factor))
    assert torch.allclose(made, TF.adjust_brightness(colors, factor), atol=1e-6)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_contrast_goes_to_the_mean_gray_of_each_image(colors: Tensor, factor: float) -> None:
    made = color_jitter(colors, jitter(6, contrast=factor))
    assert torch.allclose(made, TF.adjust_contrast(colors, factor), atol=2e-5)  # its gray has 0.2989 for 0.299
    for image, changed in zip(colors.numpy(), made.numpy(), strict=True):
        mean = np.mean(0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2])
        assert np.allclose(changed, np.clip(factor * image + (1 - factor) * mean, 0, 1), atol=1e-6)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_saturation_goes_to_the_gray_of_each_pixel(colors: Tensor, factor: float) -> None:
    made = color_jitter(colors, jitter(6, saturation=factor))
    assert torch.allclose(made, TF.adjust_saturation(colors, factor), atol=2e-5)  # its gray has 0.2989 for 0.299
    for image, changed in zip(colors.numpy(), made.numpy(), strict=True):
        gray = 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]
        assert np.allclose(changed, np.clip(factor * image + (1 - factor) * gray, 0, 1), atol=1e-6)


@pytest.mark.parametrize("shift", [-0.5, -0.3, -0.01, 0.0, 0.005, 0.01, 0.25, 0.5])
def test_hue_is_torchvisions(colors: Tensor, shift: float) -> None:
    assert torch.allclose(shift_hue(colors, torch.tensor(shift)), TF.adjust_hue(colors, shift), atol=1e-5)
    assert torch.allclose(color_jitter(colors, jitter(6, hue=shift)), TF.adjust_hue(colors, shift), atol=1e-5)


def test_a_third_of_a_turn_takes_red_to_green_to_blue() -> None:
    primaries = torch.eye(3).view(3, 3, 1, 1)
    assert torch.allclose(shift_hue(primaries, torch.tensor(1 / 3)), primaries.roll(-1, 0), atol=1e-5)


def test_a_hue_is_shifted_for_each_sample_by_its_own_share(colors: Tensor) -> None:
    shifts = torch.tensor([0.0, 0.01, -0.01, 0.2, -0.2, 0.4])
    made = shift_hue(colors, shifts[:, None, None, None])
    for image, shift, changed in zip(colors, shifts.tolist(), made, strict=True):
        assert torch.allclose(changed, TF.adjust_hue(image, shift), atol=1e-5)


def test_jitter_is_brightness_contrast_saturation_then_hue(colors: Tensor) -> None:
    made = color_jitter(colors, jitter(6, brightness=1.1, contrast=0.9, saturation=1.1, hue=-0.01))
    expected = TF.adjust_contrast(TF.adjust_brightness(colors, 1.1), 0.9)
    expected = TF.adjust_hue(TF.adjust_saturation(expected, 1.1), -0.01)
    assert torch.allclose(made, expected, atol=2e-4)


def test_normalizing_is_imagenets(colors: Tensor) -> None:
    assert torch.allclose(normalize(colors), TF.normalize(colors, MEAN, STD), atol=1e-6)


def test_plain_resizes_with_antialiasing_and_normalizes(pixels: Tensor) -> None:
    made = resize_and_normalize(pixels, 9)
    expected = TF.resize(pixels.float() / 255, [9, 9], TF.InterpolationMode.BILINEAR, antialias=True)
    assert made.dtype == torch.float32 and torch.allclose(made, TF.normalize(expected, MEAN, STD), atol=1e-5)
    for image, small in zip(pixels, made, strict=True):
        by_pillow = Image.fromarray(image.permute(1, 2, 0).numpy()).resize((9, 9), Image.Resampling.BILINEAR)
        levels = (small.permute(1, 2, 0) * torch.tensor(STD) + torch.tensor(MEAN)) * 255
        assert np.abs(levels.numpy() - np.asarray(by_pillow, dtype=np.float32)).max() < 1.01


def test_plain_at_the_stored_size_only_normalizes(pixels: Tensor) -> None:
    assert torch.allclose(resize_and_normalize(pixels, 16), TF.normalize(pixels.float() / 255, MEAN, STD), atol=1e-5)


@pytest.mark.parametrize(("size", "stored"), [(224, 256), (112, 128), (64, 73), (32, 37), (28, 32)])
def test_crops_are_seven_eighths_of_what_is_stored(size: int, stored: int) -> None:
    assert stored_size(size) == stored


N = 20_000


@pytest.fixture(scope="module")
def many() -> AugmentationParameters:
    return draw_parameters(N, np.random.default_rng(9))


def covers(values: NDArray[np.floating], low: float, high: float) -> bool:
    """Evenly spread over low…high: no tenth has more or less than its share by five standard deviations."""
    counts, _ = np.histogram(values, bins=10, range=(low, high))
    share = len(values) / 10
    return bool(counts.sum() == len(values) and np.abs(counts - share).max() < 5 * math.sqrt(share * 0.9))


def test_crop_flip_and_angle_are_drawn_evenly(many: AugmentationParameters) -> None:
    assert covers(many.crop[:, 0], 0, 1) and covers(many.crop[:, 1], 0, 1)
    assert covers(many.angle, -np.deg2rad(10) - 1e-6, np.deg2rad(10) + 1e-6)
    assert abs(many.flip.mean() - 0.5) < 5 * 0.5 / math.sqrt(N)
    assert abs(np.corrcoef(many.crop[:, 0], many.crop[:, 1])[0, 1]) < 0.05


def test_every_other_sample_is_blurred_and_every_other_jittered_independently(many: AugmentationParameters) -> None:
    blurred, jittered = many.sigma > 0, (many.jitter != (1, 1, 1, 0)).any(1)
    assert abs(blurred.mean() - 0.5) < 5 * 0.5 / math.sqrt(N)
    assert abs(jittered.mean() - 0.5) < 5 * 0.5 / math.sqrt(N)
    assert abs((blurred & jittered).mean() - 0.25) < 0.02
    assert covers(many.sigma[blurred], 0.1 - 1e-6, 1.0 + 1e-6)


@pytest.mark.parametrize(("column", "center", "reach"), [(0, 1.0, 0.1), (1, 1.0, 0.1), (2, 1.0, 0.1), (3, 0.0, 0.01)])
def test_jitter_is_drawn_evenly_around_no_change(
    many: AugmentationParameters, column: int, center: float, reach: float
) -> None:
    jittered = (many.jitter != (1, 1, 1, 0)).any(1)
    assert covers(many.jitter[jittered, column], center - reach - 1e-6, center + reach + 1e-6)


def test_the_same_stream_gives_the_same_draws() -> None:
    one, other = (draw_parameters(50, np.random.default_rng(2)) for _ in range(2))
    for name in ("crop", "flip", "angle", "sigma", "jitter"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_the_rotation_after_the_crop_is_torchvisions_with_nearest_sampling() -> None:
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    angles = np.deg2rad(np.array([0.0, 7.3, -9.1], dtype=np.float32)).astype(np.float32)
    turned = rotate_nearest(images, angles)
    for ours, image, angle in zip(turned, images, (0.0, 7.3, -9.1), strict=True):
        theirs = TF.rotate(image, angle)
        assert (ours == theirs).float().mean() > 0.99  # where a pixel lies between two, rounding decides
    assert (turned[1, :, 0, 0] == 0).all() and torch.equal(turned[0], images[0])
