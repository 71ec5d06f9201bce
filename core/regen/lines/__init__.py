"""Lines: differences and three-way merges of text, as bytes or as strings; knows no language."""
