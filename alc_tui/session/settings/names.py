"""Named values of settings, each with its description."""

from __future__ import annotations

CO_TEACHING = ("ct-vog", "ct", "alc-ct")
TWO_PEERS = (*CO_TEACHING, "dividemix")
METHODS = {
    "ct-vog": "Co-teaching with the Variance of Gradients (VOG).",
    "ct": "Co-teaching.",
    "alc-ct": "Co-teaching also in the rounds, with the joint rule as the sampler.",
    "ce": "Cross-entropy on all given labels.",
    "elr": "Early-learning regularization.",
    "dividemix": "DivideMix.",
    "clean": "Cross-entropy on the true labels (the ceiling), without rounds.",
    "al": "Active learning from an untrained network, without learning from noisy labels.",
}
SAMPLER_NAMES = {
    "random": "In random order.",
    "entropy": "Highest entropy of the predicted probabilities first.",
    "margin": "Smallest margin between the two most probable classes first.",
    "least-confidence": "Lowest probability of the most probable class first.",
    "coreset": "Greedy k-center on the features, away from the clean set.",
    "bald": "Highest mutual information under Monte Carlo dropout first.",
    "badge": "Diverse gradient embeddings of uncertain samples first.",
    "peers": "Largest Jensen–Shannon divergence between the peers first.",
    "joint": "The joint rule: unlikely given labels of unambiguous images first.",
    "self-confidence": "Lowest probability of the given label first.",
    "normalized-margin": "Smallest margin of the given label over the other classes first.",
    "rarity": "Highest uncertainty first, where rare classes weigh more.",
}
PAPER, AUTHORS_CODE, BALANCED = "paper", "authors-code", "balanced"
RECIPES = {
    PAPER: "As the paper describes.",
    AUTHORS_CODE: "As the authors' code does: all departures.",
    BALANCED: "Both peers, rare classes first, class-balanced retraining: fewer labels for the same score.",
}
ONE, BOTH = "one", "both"
TUNED_PEERS = {ONE: "Peer 1; with the method alc-ct, both.", BOTH: "Both peers."}
PEER_1, MEAN = "peer1", "mean"
PREDICTIONS = {PEER_1: "Peer 1's probabilities.", MEAN: "The mean of both peers' probabilities."}
LINEAR, HIDDEN = "linear", "hidden"
HEADS = {LINEAR: "One linear layer.", HIDDEN: "A hidden layer, then a linear one."}
SYNCHRONIZED, PER_PROCESS = "synchronized", "per-process"
BATCH_NORMS = {SYNCHRONIZED: "Of the whole batch.", PER_PROCESS: "Of the part of the batch that each GPU has."}
SPLITS = {
    "image": "At random, 70 / 10 / 20 %.",
    "lesion": "At random, with all samples of a group in the same split.",
    "given": "As specified by the data set.",
}
NOISE_KINDS = {
    "uniform": "Any other class, each equally likely.",
    "pair": "The next class in order.",
    "instance": "Labels of harder images flip more often.",
    "none": "No noise is injected.",
    "matrix:CSV": "A transition matrix, which also determines the rate.",
}
CLEAN_SETS = {
    "last_epoch": "What peer 1 selected in the last epoch.",
    "global": "One selection over the whole training set in eval mode.",
}
VOG_PASSES = {"fused": "The training pass.", "eval": "An extra pass in eval mode."}
VOG_GRADIENTS = {"row": "The given label's row.", "all-rows": "All rows."}
AUTO = "auto"
ON, OFF = "on", "off"
COMPILE = {
    AUTO: "With --fast on a GPU, for long trainings.",
    ON: "Always.",
    OFF: "Never.",
}
BACKBONES = {
    "small": "a small convolutional network for images of 32 to 64 pixels",
    **dict.fromkeys(
        (
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "wide_resnet50_2"),
            *("densenet121", "densenet169", "efficientnet_b0", "efficientnet_b1", "efficientnet_v2_s"),
            *("mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "shufflenet_v2_x1_0", "mnasnet1_0"),
            *("regnet_y_400mf", "regnet_y_800mf", "convnext_tiny", "convnext_small"),
            *("vit_b_16", "swin_t", "swin_v2_t", "vgg16_bn", "alexnet", "googlenet", "inception_v3"),
        ),
        "",
    ),
}
WEIGHTS = {"imagenet": "torchvision's ImageNet weights, downloaded on first use", "none": "random weights"}
DEVICES = {"cuda": "the first NVIDIA GPU", "cuda:0": "", "cuda:1": "", "mps": "an Apple GPU", "cpu": ""}
