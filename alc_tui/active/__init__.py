"""Phase 2, active label cleaning: ranking the noisy set and retraining on the decided labels. Independent of
sessions."""
