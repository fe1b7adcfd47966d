"""Networks, augmentation on the device, training and scoring loops, metrics. Independent of sessions and terminals."""
