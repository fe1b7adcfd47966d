"""One widget per file; they draw what they are given and decide nothing."""
