"""Evaluate: Python is compiled, not run; the compiler's own warnings are findings too."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from regen_plugins.evaluate_syntax.fault import Fault, near


def read(text: str, path: str) -> Sequence[Fault]:
    """Faults of a Python module."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(text, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            line = error.lineno or None
            return [Fault(f"{error.msg}{near(text, line)}", line, error.offset or None)]
        except (ValueError, RecursionError, MemoryError) as error:
            return [Fault(f"Python cannot compile this: {error or type(error).__name__}")]
    return [
        Fault(f"{warning.message}{near(text, warning.lineno)}", warning.lineno, severity="warning")
        for warning in caught
        if warning.filename == path
    ]
