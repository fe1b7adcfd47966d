from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import truncnorm

from alc_tui.data.noise.injection import inject
from alc_tui.data.noise.instance import flip, flip_rates, hardness, thumbnails


def test_a_thumbnail_is_the_mean_of_each_field_of_the_image(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (5, 24, 24, 3), dtype=np.uint8)
    seen = thumbnails(pixels, np.array([3, 0]))
    assert seen.shape == (2, 192)
    for place, row in enumerate((3, 0)):
        for down in range(8):
            for across in range(8):
                field = pixels[row, 3 * down : 3 * down + 3, 3 * across : 3 * across + 3].reshape(9, 3)
                told = seen[place, 3 * (8 * down + across) : 3 * (8 * down + across) + 3]
                # Pillow rounds twice: after the rows, and after the columns.
                assert np.abs(told - field.mean(axis=0)).max() <= 1


def test_images_smaller_than_the_thumbnail_or_no_multiple_of_it_are_seen_too() -> None:
    for side in (5, 18):
        assert (thumbnails(np.full((1, side, side, 3), 77, np.uint8), np.array([0])) == 77).all()


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.4, 0.5, 0.8, 0.97])
def test_flip_rates_are_a_truncated_normal_with_the_mean_asked_for(rate: float) -> None:
    rates = flip_rates(20_000, rate, np.random.default_rng(1))
    reach = min(rate, 1 - rate)
    law = truncnorm(-reach / 0.1, reach / 0.1, rate, 0.1)
    assert rates.min() >= 0 and rates.max() <= 1
    assert abs(rates.mean() - rate) < 5 * law.std() / math.sqrt(20_000)
    for share in (0.1, 0.25, 0.9):
        assert np.quantile(rates, share) == pytest.approx(law.ppf(share), abs=0.005)


def test_an_image_is_hard_that_is_nearer_to_another_classs_mean() -> None:
    # On a line: class 0 at 0 and 2 (mean 1), class 2 at 5 and 11 (mean 8); class 1 has no samples.
    features = np.array([[0.0], [2.0], [5.0], [11.0]])
    told = hardness(features, np.array([0, 0, 2, 2]))
    assert told.tolist() == [1 - 8, 1 - 6, 3 - 4, 3 - 10]
    assert hardness(features, np.zeros(4, np.int64)).tolist() == [0, 0, 0, 0]


def test_each_sample_flips_as_a_plain_loop_says() -> None:
    count, dims, classes, rate = 60, 7, 4, 0.45
    rng = np.random.default_rng(2)
    labels, features = rng.integers(0, classes, count), rng.normal(3, 2, (count, dims))
    features[:, 5] = 1.25  # says nothing
    told = flip(labels, classes, rate, features, np.random.default_rng(9))

    rng = np.random.default_rng(9)
    rates = sorted(flip_rates(count, rate, rng).tolist())
    lure, chance, luck = (
        rng.standard_normal((classes, dims, classes)),
        rng.random(count),
        rng.gumbel(size=(count, classes)),
    )
    columns = [[float(row[d]) for row in features] for d in range(dims)]
    means = [math.fsum(column) / count for column in columns]
    spreads = [math.sqrt(math.fsum((v - m) ** 2 for v in c) / count) for c, m in zip(columns, means, strict=True)]
    seen = [[(float(row[d]) - means[d]) / spreads[d] if d != 5 else 0.0 for d in range(dims)] for row in features]
    centers = []
    for label in range(classes):
        members = [x for x, y in zip(seen, labels, strict=True) if y == label]
        centers.append([math.fsum(x[d] for x in members) / len(members) for d in range(dims)])
    hard = []
    for x, y in zip(seen, labels.tolist(), strict=True):
        apart = [math.dist(x, center) for center in centers]
        hard.append(apart[y] - min(apart[:y] + apart[y + 1 :]))
    expected = []
    for i, (x, y) in enumerate(zip(seen, labels.tolist(), strict=True)):
        if chance[i] >= rates[sum(each < hard[i] for each in hard)]:
            expected.append(y)
            continue
        pull = {c: math.fsum(x[d] * lure[y, d, c] for d in range(dims)) + luck[i, c] for c in range(classes) if c != y}
        expected.append(max(pull, key=lambda c: pull[c]))
    assert told.tolist() == expected and told.dtype == np.int64
    assert 10 < sum(a != b for a, b in zip(expected, labels.tolist(), strict=True)) < 45


def test_the_wrong_class_follows_the_softmax_of_its_pull() -> None:
    # Two kinds of images, one of each class: standardized, each is −1 or 1 in the one feature.
    count, classes = 60_000, 3
    labels = np.arange(count) % 2
    features = labels[:, None].astype(np.float64) * 4 + 3
    told = flip(labels, classes, 0.6, features, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    flip_rates(count, 0.6, rng)
    lure = rng.standard_normal((classes, 1, classes))
    for label, x in ((0, -1.0), (1, 1.0)):
        wrong = [c for c in range(classes) if c != label]
        weights = [math.exp(x * lure[label, 0, c]) for c in wrong]
        flipped = told[(labels == label) & (told != label)]
        assert 0.59 < len(flipped) / (count // 2) < 0.61
        for c, weight in zip(wrong, weights, strict=True):
            assert (flipped == c).mean() == pytest.approx(weight / sum(weights), abs=0.02)


@pytest.mark.parametrize("rate", [0.05, 0.4, 0.8])
def test_the_mean_rate_is_the_one_asked_for_and_harder_images_flip_more(rate: float) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 5, 20_000)
    features = rng.normal(0, 1, (20_000, 12)) + 2 * np.eye(5, 12)[labels]
    noisy = inject(labels, 5, rate, "instance", np.random.default_rng(4), features=features)
    wrong = noisy != labels
    assert abs(wrong.mean() - rate) < 5 * math.sqrt(rate * (1 - rate) / 20_000)
    hard = hardness((features - features.mean(0)) / features.std(0), labels)
    order = np.argsort(hard)
    assert wrong[order[10_000:]].mean() > wrong[order[:10_000]].mean() + (0.1 if rate == 0.4 else 0.02)
    assert noisy.min() >= 0 and noisy.max() <= 4


def test_two_classes_always_flip_to_the_other_one(rng: np.random.Generator) -> None:
    labels = np.array([0, 1] * 50)
    told = flip(labels, 2, 0.99, rng.normal(size=(100, 3)), rng)
    assert set(told.tolist()) == {0, 1} and (told != labels).sum() > 90


def test_exempt_classes_keep_their_labels_and_the_others_instance_noise_stays() -> None:
    rng = np.random.default_rng(6)
    labels, features = rng.integers(0, 4, 500), rng.normal(size=(500, 6))
    every = inject(labels, 4, 0.5, "instance", np.random.default_rng(1), features=features)
    spared = inject(labels, 4, 0.5, "instance", np.random.default_rng(1), features=features, exempt=[2])
    kept = labels == 2
    assert np.array_equal(spared[kept], labels[kept]) and np.array_equal(spared[~kept], every[~kept])
