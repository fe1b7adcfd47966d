"""Probes a backbone and the devices of this machine, in a separate process."""
