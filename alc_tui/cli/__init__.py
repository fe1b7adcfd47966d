"""The command line: one module per command group. The only place that prints, prompts, or exits."""
