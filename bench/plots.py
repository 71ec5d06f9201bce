"""Draw what `test_scale.py` measured: cost of one changed triple against the size of the graph, both axes logarithmic.

python -m bench.plots [PNG]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.test_scale import KINDS, RESULTS

NAMES = {
    "plain": "view with a path",
    "minus": "view with MINUS",
    "grouped": "view with a grouped sub-select",
    "pack": "pack on OWL and SHACL (one class)",
}


def main(target: Path) -> None:
    """Save the picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    measured = {int(size): result for size, result in json.loads((RESULTS / "scale.json").read_text()).items()}
    sizes = sorted(measured)
    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=150)
    for kind in KINDS:
        axes.plot(sizes, [measured[size][kind]["seconds"] * 1e3 for size in sizes], marker="o", label=NAMES[kind])
    first = [measured[size]["first"] * 1e3 for size in sizes]
    axes.plot(sizes, first, marker="s", color="0.6", linestyle="--", label="first run, everything")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("triples in the graph (100 in each file)")
    axes.set_ylabel("milliseconds, file event to committed release")
    axes.set_title("One changed triple in a running watch")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "docs" / "scale.png")
