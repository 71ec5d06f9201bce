"""Figures: what cycles and measures of a window say, held against the objectives of the project."""
