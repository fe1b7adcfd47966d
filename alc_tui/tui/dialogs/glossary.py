"""The words of the screens, explained."""

from __future__ import annotations

GLOSSARY = {
    "given label": "The label that came with the data, right or wrong.",
    "suggestion": "The class that the model finds most probable.",
    "clean set, noisy set": "Training samples whose given labels the model believes, and all others. You see the noisy "
    "ones.",
    "neighbors": "The samples of the clean set that look most alike to the model.",
    "probability, p": "How sure the model is of a class, from 0 to 1 (or 100 %). All classes together give 1.",
    "margin": "The probability of the most probable class minus that of the second. Near 0, the model wavers.",
    "loss": "How badly the label fits what the model expects. Percentile 95: worse than for 95 % of all samples.",
    "VOG": "Variance of Gradients: how much the model's view of the sample changed while it learned. High for hard and "
    "rare images.",
    "LNL": "Learning with noisy labels: the first training (round 0), which separates clean and noisy set.",
    "peers": "The two networks of the first training. Each selects the samples that the other learns from.",
    "forget rate": "The share of samples that the peers leave out, because their labels seem wrong.",
    "guess %": "Of the samples of a class whose labels are right, the share that the first training selected as clean.",
    "sampler, rank": "The rule that orders the noisy samples, and the place of this one.",
    "entropy": "How evenly the model spreads its probabilities over the classes. High where it does not know.",
    "round": "A number of samples to decide, then a retraining with what you decided.",
    "budget": "How many labels you may give, per round and in all.",
    "set aside": "Decided without a label: skipped, flagged or excluded.",
    "rare class": "A class with fewer labels than an equal share. The sampler rarity looks for them.",
    "focus class": "The class of which you asked for more: it has every other place of later queues.",
    "macro-F1": "The mean over all classes of how well they are recognized on the test set, from 0 to 1. Rare classes "
    "count as much as frequent ones.",
    "blind": "Given label, suggestion and file name are hidden until you decide, so that they cannot sway you.",
}
"""Explanations, by word."""
