"""Label noise for benchmarks: labels corrupted on purpose."""
