"""Results as a pandas DataFrame, one row per run and round; needs the extra `report`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from alc_tui.bench.results import RoundResult, RunResult, SettingValue
from alc_tui.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame


def frame(results: Sequence[RunResult]) -> DataFrame:
    """The rounds of all runs, in order, one row each. Missing values are NaN.

    - `id`, `alc`, `oracle`, `device`, `threads`: of the run, see `RunResult`.
    - One column per setting, such as `dataset`, `noise`, `method`, `sampler`, `seed`, `epochs`.
    - `round`: 0 is the state after LNL. `labels`: labels decided up to this round.
    - `macro_f1`, `macro_f1_last`: on the test set, in [0, 1], at the best epoch by validation and at the last one.
      `peers_macro_f1`, `peers_macro_f1_last`: the same of both peers' summed outputs. `best_epoch`: from 0.
    - `clean_size`: samples in the clean set. `lnl_forget_rate`, `selection_precision`, `selection_recall`: of LNL, in
      [0, 1], in rows of round 0 only.
    - `shown`, `confirmed`, `changed`, `skipped`, `flagged`, `excluded`, `undone`, `repeated`, `reviewed`,
      `free_corrections`: samples of the round, see `Ledger`. `label_seconds`: annotation time in seconds.
    - `train_seconds`: duration of the training of the round in seconds.
    - `f1_CLASS`, `recall_CLASS`: on the test set, in [0, 1]. `guess_CLASS`: the share of the truly clean samples of
      the class that LNL selected, in [0, 1], in rows of round 0 only.

    Raises UsageError if the extra `report` is missing.
    """
    require("The table of runs", "pandas")
    from pandas import DataFrame

    return DataFrame([_row(result, each) for result in results for each in result.rounds])


def require(what: str, *packages: str) -> None:
    """Raise UsageError if one of these packages from the extra `report` is missing. what: the feature that needs
    them."""
    for package in packages:
        try:
            import_module(package)
        except ImportError as error:
            raise UsageError(
                f"{what} needs {package}, which is not installed; run `pip install 'alc-tui[report]'`."
            ) from error


def _row(result: RunResult, each: RoundResult) -> dict[str, SettingValue]:
    selection = each.selection
    return {
        "id": result.id,
        "alc": result.alc,
        "oracle": result.oracle,
        "device": result.device,
        "threads": result.threads,
        **result.config,
        "round": each.round,
        "labels": each.decided_total,
        "macro_f1": each.macro_f1.best,
        "macro_f1_last": each.macro_f1.last,
        "peers_macro_f1": None if each.peers is None else each.peers.best,
        "peers_macro_f1_last": None if each.peers is None else each.peers.last,
        "best_epoch": each.best_epoch,
        "clean_size": each.clean_size,
        "lnl_forget_rate": each.forget_rate,
        "selection_precision": None if selection is None else selection.precision,
        "selection_recall": None if selection is None else selection.recall,
        **each.ledger.as_dict(),
        "train_seconds": each.seconds,
        **{f"f1_{name}": score for name, score in each.f1.items()},
        **{f"recall_{name}": score for name, score in each.recall.items()},
        **({} if selection is None else {f"guess_{name}": share for name, share in selection.guess.items()}),
    }
