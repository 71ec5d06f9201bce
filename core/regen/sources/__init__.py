"""Sources: what others publish becomes items in graph files, so that learning is a change of the graph like any other.

Not to be confused with `[[source]]`, whose graphs are taken as they are: here a channel (a plugin) reads what was never
RDF, and all that is not its own is done here: asking the web, keeping what is new once, provenance, figures.
"""
