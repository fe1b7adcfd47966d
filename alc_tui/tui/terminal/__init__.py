"""The line to the terminal: keys, pasted text, late replies, receipts and escape sequences."""
