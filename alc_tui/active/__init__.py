"""Phase 2, active label cleaning: ranking the noisy set and retraining on what was decided. Knows no session."""
