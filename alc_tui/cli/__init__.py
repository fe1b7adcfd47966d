"""The command line: one module per command group. The only place that prints, prompts, or exits."""

from alc_tui.interpreter import forget_working_folder

forget_working_folder()
