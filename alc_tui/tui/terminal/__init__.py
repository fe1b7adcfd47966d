"""Terminal input and output: keys, pasted text, late replies, delivery confirmations, and escape sequences."""
