from __future__ import annotations

import threading
import time

from alc_tui.data.memory import Ceiling, bytes_to_decode


def test_threads_never_hold_more_than_the_ceiling() -> None:
    ceiling, lock, held, peaks = Ceiling(100), threading.Lock(), [0], list[int]()

    def work(count: int) -> None:
        for _ in range(20):
            with ceiling.reserve(count):
                with lock:
                    held[0] += count
                    peaks.append(held[0])
                time.sleep(0.0002)
                with lock:
                    held[0] -= count

    threads = [threading.Thread(target=work, args=(count,)) for count in (10, 30, 60, 90)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(peaks) == 80 and max(peaks) <= 100


def test_what_is_reserved_is_free_again_after_an_error() -> None:
    ceiling = Ceiling(100)
    for _ in range(3):
        try:
            with ceiling.reserve(100):
                raise ValueError
        except ValueError:
            pass
    with ceiling.reserve(1000):  # never more than there is
        pass


def test_the_estimate_grows_with_depth_and_with_the_side_of_the_resized_image() -> None:
    gray, deep, transparent = (bytes_to_decode(1000, 1000, mode) for mode in ("L", "I;16", "RGBA"))
    assert 1_000_000 < gray < deep < transparent
    assert bytes_to_decode(1, 1_000_000, "L", side=256) > 256 * 4 * 1_000_000
    assert bytes_to_decode(1000, 1000, "RGB", "JPEG2000") > bytes_to_decode(1000, 1000, "RGB", "PNG")
