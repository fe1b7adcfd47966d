"""What a backbone and a device can do here, tried in a process of its own."""
