"""What the terminal sends: keys, pastes, late replies and receipts."""
