"""Benchmarks over many sessions: protocols, sweep, report, plots."""
