"""What a person sees: the app, its screens and widgets. Widgets draw snapshots; only screens talk to the service."""
