"""What a backbone and a device can do on this machine, tried in a separate process."""
