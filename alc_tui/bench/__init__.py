"""Many sessions side by side: protocols, sweep, report, plots."""
