"""Label noise for benchmarks: labels made wrong on purpose."""
