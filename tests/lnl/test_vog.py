from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.lnl.vog import (
    CHUNK,
    CPU_CHUNK,
    GradientWindow,
    factors,
    gradient,
    variance_of_all_rows,
    variance_of_gradients,
    within_classes,
)

CPU = torch.device("cpu")


def test_the_gradient_is_what_backpropagation_of_the_sample_loss_gives_for_the_given_labels_row() -> None:
    torch.manual_seed(0)
    head = nn.Linear(7, 4).double()
    features, labels = torch.randn(20, 7, dtype=torch.float64), torch.randint(4, (20,))
    closed = gradient(head(features).softmax(1), features, labels)
    assert closed.shape == (20, 8)
    for sample, label in enumerate(labels):
        head.zero_grad()
        F.cross_entropy(head(features[sample : sample + 1]), label[None]).backward()
        assert head.weight.grad is not None and head.bias.grad is not None
        expected = torch.cat([head.weight.grad[label], head.bias.grad[label, None]])
        assert torch.allclose(closed[sample], expected, rtol=0, atol=1e-14)


def test_the_gradient_by_hand() -> None:
    probabilities = torch.tensor([[0.25, 0.75], [1.0, 0.0]])
    features = torch.tensor([[2.0, -4.0], [3.0, 5.0]])
    assert gradient(probabilities, features, torch.tensor([0, 1])).tolist() == [[-1.5, 3.0, -0.75], [-3.0, -5.0, -1.0]]


def test_a_sample_that_is_sure_of_its_label_has_no_gradient() -> None:
    assert not gradient(torch.tensor([[0.0, 1.0]]), torch.tensor([[9.0]]), torch.tensor([1])).any()


@pytest.mark.parametrize("dimensions", [33, 513])
def test_the_digits_do_not_depend_on_how_many_samples_are_computed_at_a_time(dimensions: int) -> None:
    window = torch.randn(5, 3 * CPU_CHUNK + 7, dimensions, generator=torch.Generator().manual_seed(0)).half()
    at_once = window.float() - window.float().mean(0)
    assert torch.equal(variance_of_gradients(window), (at_once * at_once).mean(0).sqrt().mean(1))


def slow_vog(window: NDArray[np.float32]) -> list[float]:
    epochs, samples, dimensions = window.shape
    vog = []
    for sample in range(samples):
        deviations = []
        for dimension in range(dimensions):
            values = [float(window[epoch, sample, dimension]) for epoch in range(epochs)]
            mean = sum(values) / epochs
            deviations.append((sum((value - mean) ** 2 for value in values) / epochs) ** 0.5)
        vog.append(sum(deviations) / dimensions)
    return vog


def test_vog_by_hand() -> None:
    window = torch.tensor([[[1.0, 0.0]], [[3.0, 0.0]], [[5.0, 6.0]], [[7.0, 6.0]]])
    assert variance_of_gradients(window).tolist() == pytest.approx([(5**0.5 + 3) / 2])


def test_vog_is_the_mean_population_deviation_over_the_dimensions() -> None:
    window = np.random.default_rng(0).standard_normal((5, 12, 9)).astype(np.float32)
    assert variance_of_gradients(torch.from_numpy(window)).tolist() == pytest.approx(slow_vog(window), rel=1e-5)


def test_vog_of_more_samples_than_a_chunk_holds() -> None:
    window = np.random.default_rng(1).standard_normal((3, 2 * CHUNK + 5, 2)).astype(np.float32)
    expected = window.astype(np.float64).std(axis=0, ddof=0).mean(axis=1)
    got = variance_of_gradients(torch.from_numpy(window))
    assert got.dtype == torch.float32 and np.allclose(got.numpy(), expected, rtol=1e-5, atol=1e-7)


def test_the_window_keeps_the_last_t_epochs() -> None:
    rng = np.random.default_rng(2)
    epochs = (rng.integers(-64, 64, size=(7, 6, 4)) / 8).astype(np.float32)  # exact in half precision
    window = GradientWindow(samples=6, dimensions=3, window=3, device=CPU)
    for epoch, gradients in enumerate(epochs):
        order = rng.permutation(6)
        for members in (order[:4], order[4:]):
            window.record(epoch, torch.from_numpy(members), torch.from_numpy(gradients[members]))
        if epoch >= 2:
            expected = slow_vog(epochs[epoch - 2 : epoch + 1])
            assert window.vog().tolist() == pytest.approx(expected, rel=1e-5), epoch


def test_the_window_is_full_once_t_epochs_are_recorded() -> None:
    window = GradientWindow(samples=1, dimensions=1, window=3, device=CPU)
    assert [window.is_full(epoch) for epoch in range(5)] == [False, False, False, True, True]


def test_a_gradient_beyond_half_precision_stays_a_number() -> None:
    window = GradientWindow(samples=2, dimensions=0, window=2, device=CPU)
    for epoch, value in enumerate((-1e6, 1.0)):
        window.record(epoch, torch.tensor([0, 1]), torch.tensor([[value], [0.5]]))
    assert torch.isfinite(window.vog()).all() and window.vog()[0] > 30_000 and window.vog()[1] == 0


def ranks(values: Tensor) -> NDArray[np.int64]:
    return values.numpy().argsort(kind="stable").argsort(kind="stable")


def test_half_precision_ranks_as_single_precision_does() -> None:
    """Gradients such as a ResNet-18 gives: rectified features, loud and quiet samples, some learned and some not."""
    generator = torch.Generator().manual_seed(3)
    samples, dimensions, classes = 2000, 512, 8
    loudness = torch.randn(samples, 1, generator=generator).mul(0.4).exp()
    features = torch.randn(samples, dimensions, generator=generator)
    logits = 2 * torch.randn(samples, classes, generator=generator)
    labels = torch.randint(classes, (samples,), generator=generator)
    half = GradientWindow(samples, dimensions, 5, CPU)
    single = torch.zeros(5, samples, dimensions + 1)
    for epoch in range(5):
        seen = loudness * (features + 0.3 * torch.randn(features.shape, generator=generator)).relu()
        sharper = logits * (1 + 0.3 * epoch) + 0.5 * torch.randn(logits.shape, generator=generator)
        gradients = gradient(sharper.softmax(1), seen, labels)
        half.record(epoch, torch.arange(samples), gradients)
        single[epoch] = gradients
    spearman = np.corrcoef(ranks(half.vog()), ranks(variance_of_gradients(single)))[0, 1]
    assert round(spearman, 6) == 1


def test_z_scores_within_classes_by_hand() -> None:
    vog, labels = torch.tensor([1.0, 10.0, 3.0, 30.0, 5.0]), torch.tensor([0, 1, 0, 1, 0])
    expected = [-(1.5**0.5), -1.0, 0.0, 1.0, 1.5**0.5]
    assert within_classes(vog, labels, 2).tolist() == pytest.approx(expected)


def test_a_class_that_does_not_vary_or_is_not_there_scores_zero() -> None:
    vog, labels = torch.full((2000,), 0.1), torch.arange(2000) % 7
    vog[labels == 3] = torch.arange(286.0)[: int((labels == 3).sum())]
    scores = within_classes(vog, labels, 9)
    assert not scores[labels != 3].any() and scores[labels == 3].std(correction=0) == pytest.approx(1)


def test_the_only_sample_of_a_class_scores_zero() -> None:
    assert within_classes(torch.tensor([0.7, 1.0, 3.0]), torch.tensor([2, 0, 0]), 3).tolist() == [0, -1, 1]


def test_the_factors_multiply_to_what_backpropagation_gives_for_all_rows() -> None:
    torch.manual_seed(1)
    head = nn.Linear(7, 4).double()
    features, labels = torch.randn(20, 7, dtype=torch.float64), torch.randint(4, (20,))
    error, inputs = factors(head(features).softmax(1), features, labels, 2.5).split([4, 8], dim=1)
    for sample, label in enumerate(labels):
        head.zero_grad()
        (2.5 * F.cross_entropy(head(features[sample : sample + 1]), label[None])).backward()
        assert head.weight.grad is not None and head.bias.grad is not None
        expected = torch.cat([head.weight.grad, head.bias.grad[:, None]], dim=1)
        assert torch.allclose(torch.outer(error[sample], inputs[sample]), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("samples", [11, CHUNK + 3])
def test_vog_of_all_rows_is_the_mean_deviation_over_all_their_dimensions(samples: int) -> None:
    rng = np.random.default_rng(4)
    window = rng.standard_normal((5, samples, 3 + 6)).astype(np.float32)
    outer = np.einsum("tnc,tnd->tncd", window[:, :, :3].astype(np.float64), window[:, :, 3:].astype(np.float64))
    expected = outer.std(axis=0).mean(axis=(1, 2))
    got = variance_of_all_rows(torch.from_numpy(window), 3)
    assert got.dtype == torch.float32 and np.allclose(got.numpy(), expected, rtol=1e-5, atol=0)


def test_a_window_of_all_rows_takes_no_more_room_than_the_factors() -> None:
    window = GradientWindow(samples=4, dimensions=2, window=2, device=CPU, classes=3)
    kept = torch.tensor([[[-1.0, 0.5, 0.5, 2.0, 0.0, 1.0]], [[0.0, 0.0, 0.0, 8.0, 8.0, 1.0]]])
    for epoch, gradients in enumerate(kept):
        window.record(epoch, torch.tensor([2]), gradients)
    assert window.layers.shape == (2, 4, 3 + 2 + 1)
    # Rows (-2, 0, -1), (1, 0, .5) and (1, 0, .5), then 0: half of each is its deviation.
    assert window.vog().tolist() == pytest.approx([0, 0, (3 + 1.5 + 1.5) / 2 / 9, 0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("classes", [0, 3])
def test_a_window_in_the_hosts_memory_gives_the_same_numbers(classes: int) -> None:
    torch.manual_seed(5)
    gpu, samples = torch.device("cuda"), CHUNK + 5
    windows = [GradientWindow(samples, 4, 3, gpu, classes, holder) for holder in (gpu, CPU)]
    for epoch in range(4):
        for indices in torch.randperm(samples).split(500):
            gradients = torch.randn(len(indices), classes + 5)
            for window in windows:
                window.record(epoch, indices.to(gpu), gradients.to(gpu))
    on_gpu, on_host = (window.vog() for window in windows)
    assert on_host.device.type == "cuda" and torch.equal(on_gpu, on_host) and on_gpu.any()
