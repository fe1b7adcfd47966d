"""Networks, augmentation on the device, fitting and scoring loops, metrics. Knows no session and no terminal."""
