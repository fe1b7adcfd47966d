"""The terminal as a line: keys, pasted text, late replies, receipts and raw output."""
