"""`python -m alc_tui` is `alc`."""

from alc_tui.cli.main import run

run()
