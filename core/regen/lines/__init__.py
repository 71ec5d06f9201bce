"""Lines: differences and three-way merges of texts and of orders; knows no language."""
