"""What an estimate of the noise rate rests on, in a module that does not import torch."""

VALIDATION = "validation"
CONFIDENCE = "confidence"
SHIFTED = "shifted"

BASES = {
    VALIDATION: "by clean validation labels",
    CONFIDENCE: "without clean labels, probably too high",
    SHIFTED: "without the clean validation labels, whose class shares differ from those of training",
}
"""Each in words."""
