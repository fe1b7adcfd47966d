"""Training on frozen features: computing them, and heads on their principal components."""
