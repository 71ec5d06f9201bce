"""Objectives: the one table of what regen promises of its figures, and targets as people write them.

Shares are kept as 0..1, times in seconds; people write `90%` and `500ms`. Figures are judged as the decimal numbers
that people read, so that 0.77 is no more than 10 % above 0.7.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self, TypeVar, cast
from typing import Literal as OneOf

from regen.errors import UsageError

N = TypeVar("N", float, Decimal)
Unit = OneOf["share", "s", "number"]
Operator = OneOf["<", "<=", ">", ">="]
Outcome = OneOf["pass", "fail", "inconclusive"]
Level = OneOf["ok", "warning", "critical"]

_SCALES: Final[dict[str, tuple[Unit, Decimal]]] = {
    "": ("number", Decimal(1)),
    "%": ("share", Decimal("0.01")),
    "us": ("s", Decimal("0.000001")),
    "ms": ("s", Decimal("0.001")),
    "s": ("s", Decimal(1)),
    "min": ("s", Decimal(60)),
    "h": ("s", Decimal(3600)),
}
_AMOUNT: Final = re.compile(r"(?P<sign>[+-]?)(?P<digits>\d+(?:\.\d+)?|\.\d+)\s*(?P<unit>[a-z%]*)")
_TARGET: Final = re.compile(r"(?P<operator><=|>=|<|>|≤|≥)\s*(?P<amount>.*)", re.DOTALL)
_SPELT: Final = {"≤": "<=", "≥": ">="}


def parse_amount(text: str) -> tuple[float, Unit]:
    """The number that `90%`, `500ms`, `3s`, `5min`, `24h` or `0.95` stands for.

    Returns:
        A share (0.9), seconds (0.5), or a plain number, and which of them.

    Raises:
        UsageError: it is none.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or found["unit"] not in _SCALES or found["sign"] == "+":
        raise UsageError(f"{text!r} is no amount", hint="write it like `90%`, `3s`, `500ms` or `0.95`")
    unit, scale = _SCALES[found["unit"]]
    return float(Decimal(found["sign"] + found["digits"]) * scale), unit


def shown_amount(value: float, unit: str) -> str:
    """An amount as people write it; `parse_amount` reads it again."""
    if unit == "share":
        return f"{_plain(_decimal(value) * 100)}%"
    if unit == "s":
        number = _decimal(value)
        return f"{_plain(number * 1000)}ms" if 0 < abs(number) < 1 else f"{_plain(number)}s"
    return _plain(_decimal(value))


def shown_figure(value: float, unit: str) -> str:
    """What was measured, as people read it: six digits of it, and whole numbers whole."""
    return shown_amount(value if float(value).is_integer() else float(f"{value:.6g}"), unit)


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to be.

    Attributes:
        operator: how the figure has to stand to the bound.
        bound: a share 0..1, seconds or a number; a relative one is the share by which the figure may differ from its
            baseline, 0.1 for `+10%` and -0.2 for `-20%`.
        unit: of the bound; "share" for a relative one, whatever the figure is.
        relative: whether it is about the figure's baseline, which is that of the last release that passed.
    """

    operator: Operator
    bound: float
    unit: Unit
    relative: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a target as people write it: `> 90%`, `< 3s`, `<= +10%`, `>= 0.95`, `< 500ms`.

        Raises:
            UsageError: it is none.
        """
        found = _TARGET.fullmatch(text.strip())
        if found is None:
            raise UsageError(
                f"{text!r} is no target", hint="write it like `> 90%`, `< 3s` or, against the last release, `<= +10%`"
            )
        operator = cast("Operator", _SPELT.get(found["operator"], found["operator"]))
        amount = found["amount"].strip()
        relative = amount[:1] in {"+", "-"} and amount.endswith("%")
        bound, unit = parse_amount(amount[1:] if amount[:1] == "+" and relative else amount)
        return cls(operator, bound, unit, relative)

    def judge(self, value: float | None, baseline: float | None) -> Outcome:
        """Hold a figure against the target.

        Args:
            value: the figure; None, or no number: it was not measured, which is inconclusive.
            baseline: the figure of the last release that passed; only a relative target asks for it, and is
                inconclusive without.
        """
        if value is None or math.isnan(value):
            return "inconclusive"
        if not self.relative:  # two numbers stand to each other as their shortest decimals do, so none are made
            return "pass" if _holds(self.operator, value, self.bound) else "fail"
        if baseline is None or not math.isfinite(baseline):
            return "inconclusive"
        before = _decimal(baseline)
        bound = before + abs(before) * _decimal(self.bound)
        return "pass" if _holds(self.operator, _decimal(value), bound) else "fail"

    def __str__(self) -> str:
        sign = "+" if self.relative and self.bound >= 0 else ""
        return f"{self.operator} {sign}{shown_amount(self.bound, self.unit)}"


@dataclass(frozen=True, slots=True)
class Objective:
    """One row of the table.

    Attributes:
        metric: its name, the same everywhere.
        means: what is measured, in words.
        unit: of the figure.
        better: which way it gets better.
        target: what it has to be; None where only warnings are given.
        warning, critical: from where on a warning is given, and from where on something has to be done; the value
            itself counts. None: from nowhere on.
        remedy: what is done about it; None where only a person can say.
        promotion: what it has to be for a promotion, where that is more than `target`.
        condition: under which it is promised; None: always.
    """

    metric: str
    means: str
    unit: Unit
    better: OneOf["higher", "lower"]
    target: Target | None
    warning: float | None = None
    critical: float | None = None
    remedy: OneOf["tune", "roll back", "scale up workers"] | None = None
    promotion: Target | None = None
    condition: str | None = None

    def level(self, value: float) -> Level:
        """How bad a measured value is."""
        if self._reached(value, self.critical):
            return "critical"
        return "warning" if self._reached(value, self.warning) else "ok"

    def _reached(self, value: float, bound: float | None) -> bool:
        if bound is None:
            return False
        return value <= bound if self.better == "higher" else value >= bound


OBJECTIVES: Final[tuple[Objective, ...]] = (
    Objective("cycle_p95", "time of a cycle, 95th percentile", "s", "lower", Target("<", 30, "s"), remedy="tune"),
    Objective(
        "error_rate",
        "share of cycles that failed",
        "share",
        "lower",
        Target("<", 0.02, "share"),
        0.02,
        0.05,
        "roll back",
    ),
    Objective(
        "stable_latency_p95",
        "time from a change to the last file that it renames, 95th percentile",
        "s",
        "lower",
        Target("<", 3, "s"),
        3,
        10,
        "scale up workers",
    ),
    Objective(
        "api_latency_p95",
        "time of an answer, 95th percentile",
        "s",
        "lower",
        Target("<", 0.2, "s"),
        condition="at 100 requests a second or more",
    ),
    Objective(
        "accuracy",
        "share of artifacts that pass all gates and agree with people",
        "share",
        "higher",
        Target(">", 0.85, "share"),
        0.9,
        0.85,
        promotion=Target(">=", 0.95, "share"),
    ),
    Objective(
        "availability",
        "share of time with the watch alive, the last cycle not failed and the API answering",
        "share",
        "higher",
        Target(">", 0.999, "share"),
        0.999,
        0.99,
        "roll back",
    ),
    Objective(
        "merge_success",
        "merges without conflict, of those with both sides changed",
        "share",
        "higher",
        Target(">", 0.95, "share"),
    ),
    Objective("rollback", "time from the breach to the verified rollback", "s", "lower", Target("<", 30, "s")),
    Objective(
        "learning_delay_p95", "time from published to integrated, 95th percentile", "s", "lower", Target("<", 300, "s")
    ),
    Objective(
        "improvement_loop",
        "time until a proposal or an experiment gets its next step or a stated reason",
        "s",
        "lower",
        Target("<=", 86400, "s"),
    ),
    Objective("processor_use", "share of the processors", "share", "lower", None, 0.7, 0.9, "scale up workers"),
)
"""What is promised unless `[[objective]]` of the configuration says otherwise."""


def _holds(operator: Operator, value: N, bound: N) -> bool:
    match operator:
        case "<":
            return value < bound
        case "<=":
            return value <= bound
        case ">":
            return value > bound
        case ">=":
            return value >= bound


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
