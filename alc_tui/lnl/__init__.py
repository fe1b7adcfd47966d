"""Phase 1, learning with noisy labels: co-teaching, selection, VOG. Knows no session and no terminal."""
