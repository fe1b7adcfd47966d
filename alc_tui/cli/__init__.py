"""What a person types: one module per command group. The only place that prints, prompts or exits."""
