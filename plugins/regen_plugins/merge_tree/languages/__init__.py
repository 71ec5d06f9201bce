"""Languages: how files of those that regen brings grammars for are built."""
