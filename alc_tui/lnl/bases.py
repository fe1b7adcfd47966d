"""What an estimate of the noise rate rests on, in a module that does not import torch."""

VALIDATION = "validation"
CONFIDENCE = "confidence"
SHIFTED = "shifted"
NOISY = "noisy"

BASES = {
    VALIDATION: "by clean validation labels",
    CONFIDENCE: "without clean labels, probably too high",
    SHIFTED: "without the clean validation labels, whose class shares differ from those of training",
    NOISY: "without the validation labels, which look noisy, too",
}
"""Each in words."""
