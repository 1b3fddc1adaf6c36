"""Plots, laid out: numbers in, positions out. `templates/plots/` draws them; docs/look.md."""
