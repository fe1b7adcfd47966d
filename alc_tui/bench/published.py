"""The paper's own figures, to stand beside measured ones. Data only; macro-F1 and recall 0…1, guess in percent.

Khanal, Dai, Bhattarai, Linte, MICCAI 2024: Figures 2 and 3 with their text, and Table 1.
"""

from __future__ import annotations

from alc_tui.bench.table import Spread

CEILING = {"isic": Spread(0.767, 0.004), "nct-lt": Spread(0.894, 0.12)}
"""Macro-F1 with all labels clean, by data set. (The paper prints 0.12 for NCT; 0.012 is likelier.)"""

RELABELS = {("isic", 0.4): 3152, ("isic", 0.5): 3936, ("nct-lt", 0.7): 300, ("nct-lt", 0.8): 400}
"""Labels until CT_VOG with active learning reached CEILING, by data set and noise rate."""

TABLE_1: dict[tuple[str, float], dict[tuple[str, str], tuple[Spread, Spread]]] = {
    ("isic", 0.5): {
        ("ct", "DF"): (Spread(0.00, 0.00), Spread(0.00, 0.00)),
        ("ct", "VASC"): (Spread(0.39, 0.34), Spread(50.73, 43.94)),
        ("ct", "SCC"): (Spread(0.26, 0.22), Spread(36.11, 31.30)),
        ("ct-vog", "DF"): (Spread(0.10, 0.09), Spread(20.00, 17.33)),
        ("ct-vog", "VASC"): (Spread(0.57, 0.00), Spread(80.44, 3.92)),
        ("ct-vog", "SCC"): (Spread(0.37, 0.02), Spread(52.38, 2.06)),
    }
}
"""Test recall and guess % by data set and noise rate, then by method and class."""
