"""Phase 1, learning with noisy labels: Co-teaching, selection, VOG. Independent of sessions and terminals."""
