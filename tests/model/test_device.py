from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from alc_tui.cores import THREADS_VARIABLE
from alc_tui.errors import UsageError
from alc_tui.model import device
from alc_tui.model.device import (
    Compute,
    FreeThreads,
    make_deterministic,
    select_device,
    use_fastest_algorithms,
    use_one_thread,
)
from alc_tui.model.parallel.group import Group

CPU = torch.device("cpu")


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=9))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "H200")


@pytest.fixture
def nothing_but_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.parametrize("name", ["tpu", "CPU", "", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cpu:0", "mps:1", "cuda 0"])
def test_an_unknown_device_is_refused_with_those_there_are(name: str, two_gpus: None) -> None:
    with pytest.raises(UsageError, match=r"^Unknown device '.*'; use one of cuda, mps, cpu, or cuda:N\.$") as refused:
        select_device(name)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1", "mps"])
def test_a_device_that_is_not_there_is_refused_with_a_way_out(name: str, nothing_but_a_cpu: None) -> None:
    with pytest.raises(UsageError, match=rf"^Device '{name}' is not available here; omit --device"):
        select_device(name)


def test_a_gpu_beyond_the_last_one_is_not_there(two_gpus: None) -> None:
    assert select_device("cuda:1").device == torch.device("cuda", 1)
    with pytest.raises(UsageError, match="'cuda:2' is not available"):
        select_device("cuda:2")


def test_of_the_processes_that_train_together_each_has_a_gpu(two_gpus: None) -> None:
    second = Group(rank=3, size=4, place=1)
    assert select_device(None, second).device == select_device("cuda", second).device == torch.device("cuda", 1)
    assert select_device("cuda:0", second).device == torch.device("cuda", 0)
    assert select_device("cpu", second).device == CPU
    assert select_device(None, second).describe().endswith(", 4 processes")


def test_the_best_there_is_is_taken(two_gpus: None) -> None:
    best = select_device()
    assert best == Compute(torch.device("cuda"), bf16=True, channels_last=True)
    assert best.describe() == "cuda (H200), bf16, channels-last"


def test_without_a_gpu_the_cpu_is_taken(nothing_but_a_cpu: None) -> None:
    assert select_device().device == CPU and select_device("cpu") == select_device()


@pytest.mark.parametrize("bf16", [True, False])
def test_a_cpu_uses_bf16_only_if_it_multiplies_it(bf16: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_cpu_multiplies_bf16", lambda: bf16)
    assert select_device("cpu").bf16 is bf16


def test_a_device_describes_itself_in_one_line() -> None:
    cores = os.cpu_count()
    assert Compute(CPU, bf16=False, channels_last=False).describe() == f"cpu ({cores} cores), float32"
    assert Compute(CPU, bf16=True, channels_last=True).describe() == f"cpu ({cores} cores), bf16, channels-last"


@pytest.mark.parametrize(("bf16", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_autocast_is_mixed_precision_only_where_it_was_chosen(bf16: bool, dtype: torch.dtype) -> None:
    with Compute(CPU, bf16=bf16, channels_last=False).autocast():
        assert torch.nn.functional.linear(torch.ones(2, 2), torch.ones(2, 2)).dtype == dtype


def test_the_memory_format_is_the_one_chosen() -> None:
    assert Compute(CPU, bf16=False, channels_last=True).memory_format == torch.channels_last
    assert Compute(CPU, bf16=False, channels_last=False).memory_format == torch.contiguous_format


@pytest.fixture
def switches() -> Iterator[None]:
    before = torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic
    strict, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    yield
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = before
    torch.use_deterministic_algorithms(strict, warn_only=warn)


def test_repeatable_runs_ask_torch_for_deterministic_algorithms(
    switches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    torch.backends.cudnn.benchmark = True
    make_deterministic(torch.device("cuda"))
    assert torch.are_deterministic_algorithms_enabled() and torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark and os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_only_a_gpu_gives_up_repeatable_runs_for_speed(switches: None) -> None:
    make_deterministic(CPU)
    use_fastest_algorithms(CPU)
    assert torch.are_deterministic_algorithms_enabled() and torch.backends.cudnn.deterministic
    use_fastest_algorithms(torch.device("cuda"))
    assert not torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.deterministic
    assert torch.backends.cudnn.benchmark
    make_deterministic(CPU)
    assert torch.are_deterministic_algorithms_enabled() and not torch.backends.cudnn.benchmark


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_would_emulate_bf16_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=7))
    assert select_device("cuda").bf16 is False


@pytest.mark.parametrize(("named", "threads"), [(None, 1), ("2", 2)])
def test_heads_compute_with_one_thread_unless_the_environment_says_with_how_many(
    named: str | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    if named is not None:
        monkeypatch.setenv(THREADS_VARIABLE, named)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        use_one_thread()
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.usefixtures("threads_as_before")
def test_threads_follow_the_free_cores_but_are_not_counted_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    clock, free = Clock(), [3, 1]
    threads = FreeThreads(look=lambda: free.pop(0), seconds=30, clock=clock)
    torch.set_num_threads(2)
    for clock.now, expected in ((29.0, 2), (31.0, 3), (60.0, 3), (62.0, 1)):
        threads.look_again()
        assert torch.get_num_threads() == expected


@pytest.mark.usefixtures("threads_as_before")
def test_the_threads_that_somebody_asked_for_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS_VARIABLE, "2")
    torch.set_num_threads(2)
    FreeThreads(look=lambda: 1, seconds=0).look_again()
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("threads_as_before")
def test_where_a_gpu_computes_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    torch.set_num_threads(2)
    FreeThreads(look=lambda: 1, seconds=0).look_again()
    assert torch.get_num_threads() == 2
