"""The paper's published results, for comparison with measured ones. Data only; macro-F1 and recall in [0, 1], guess in
percent.

Khanal, Dai, Bhattarai, Linte, MICCAI 2024: Figures 2 and 3 with their text, and Table 1.
"""

from __future__ import annotations

from alc_tui.bench.report.table import MeanStd


def _two(mean: float, std: float) -> MeanStd:
    """A mean and a deviation that the paper prints with two decimals."""
    return MeanStd(mean, std, digits=2)


CEILING = {"isic": MeanStd(0.767, 0.004), "nct-lt": MeanStd(0.894, 0.12)}
"""Macro-F1 with all labels clean, by data set. (The paper prints 0.12 for NCT; 0.012 is more likely.)"""

RELABELS = {("isic", 0.4): 3152, ("isic", 0.5): 3936, ("nct-lt", 0.7): 300, ("nct-lt", 0.8): 400}
"""Number of labels with which CT_VOG with active learning reaches CEILING, by data set and noise rate."""

TABLE_1: dict[tuple[str, float], dict[tuple[str, str], tuple[MeanStd, MeanStd]]] = {
    ("isic", 0.5): {
        ("ct", "DF"): (_two(0.00, 0.00), _two(0.00, 0.00)),
        ("ct", "VASC"): (_two(0.39, 0.34), _two(50.73, 43.94)),
        ("ct", "SCC"): (_two(0.26, 0.22), _two(36.11, 31.30)),
        ("ct-vog", "DF"): (_two(0.10, 0.09), _two(20.00, 17.33)),
        ("ct-vog", "VASC"): (_two(0.57, 0.00), _two(80.44, 3.92)),
        ("ct-vog", "SCC"): (_two(0.37, 0.02), _two(52.38, 2.06)),
    }
}
"""Test recall and guess % by data set and noise rate, then by method and class."""
