"""One session: configuration, store, journal, ledger, the service that drives it, its worker and its oracles."""
