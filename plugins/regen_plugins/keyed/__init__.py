"""Keyed: data files as trees that keep every byte; three of them merge by key. A part of plugins, no plugin itself."""
