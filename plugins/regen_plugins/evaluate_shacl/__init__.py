"""Evaluate: the graph is checked against the SHACL shapes that stand in it; each result is a finding."""

from regen_plugins.evaluate_shacl.gate import EvaluateShacl

__all__ = ["EvaluateShacl"]
