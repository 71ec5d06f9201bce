"""Advice: cycles that are over, and what people said, become recommendations in words, each with its figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from regen.feedback.loop import Loop
from regen.feedback.words import shown_s
from regen.model.cycle import CycleRecord, Share, StageTime
from regen.model.tuning import Judged, Recommendation

_MUCH = 0.25  # of the time: what takes so much is a bottleneck
_SOME = 0.25  # of rendering or evaluating: what takes so much is named
_BARELY_S = 0.05  # seconds of evaluating: of less there is nothing to say
_NEAR = 0.8  # times the target: the 95th percentile is near it
_FEW = 3  # judgements of a template that make an opinion
_LOST = 0.15  # of merges with both sides changed that became conflicts

_STAGES = {
    "load": "reading graph files",
    "diff": "comparing graph files with what they were",
    "fill": "filling the store of triples",
    "probe": "finding out which keys a change reaches",
    "select": "finding out what is stale",
    "advance": "writing down what the graph is now",
    "render": "rendering",
    "evaluate": "asking the gates",
    "deploy": "writing the files",
    "fetch": "asking sources",
}
_HELPS = {
    "load": "split large graph files: a file that did not change is not read",
    "diff": "split large graph files: only those that changed are compared",
    "fill": '`dataset = "disk"` under [engine] keeps the triples for the next start',
    "probe": "`regen why --view TEMPLATE` says which patterns are dear",
    "evaluate": 'set gates that a watch can do without to "apply" under [evaluate], or give their command less to do',
    "deploy": "see `pre` and `post` of the environment, and on which disk its target lies",
    "fetch": "ask sources less often: `interval_s` of [[source]]",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What recommendations are made from.

    Attributes:
        cycles: that are over, in any order; those that failed say nothing of time.
        whole: by "TEMPLATE view" why a change makes it be evaluated as a whole.
        judged: what people think, as `regen.state.judgements.judged` gives it.
        words: by template what they said last of artifacts that are bad.
    """

    cycles: Sequence[CycleRecord]
    whole: Mapping[str, str]
    judged: Sequence[Judged] = ()
    words: Mapping[str, Sequence[str]] | None = None


def recommend(seen: Seen, loop: Loop) -> tuple[Recommendation, ...]:
    """What a person might change, warnings first."""
    found = [
        *_too_long(loop),
        *_bounds(loop),
        *_stages(seen),
        *_templates(seen),
        *_views(seen),
        *_merges(seen),
        *_people(seen),
    ]
    return tuple(sorted(found, key=lambda one: one.severity != "warning"))


def _too_long(loop: Loop) -> Iterator[Recommendation]:
    """One artifact alone takes longer than the target."""
    longest = loop.longest()
    if longest is None or longest[1].longest_s <= loop.frame.target_s:
        return
    name, cost = longest
    text = (
        f"one artifact of `{name}` alone takes {shown_s(cost.longest_s)}, longer than the target of"
        f" {shown_s(loop.frame.target_s)}: no number of workers helps. Split it into more artifacts with `each`,"
        " make the template or its formatter faster, or raise `target_cycle_s` under [engine]"
    )
    evidence = (f"longest artifact {shown_s(cost.longest_s)}", f"mean {shown_s(cost.mean_s)}")
    yield Recommendation(name, text, evidence, "warning")


def _bounds(loop: Loop) -> Iterator[Recommendation]:
    """The target is missed, and a bound or a fixed setting is in the way."""
    target_s, slow_s = loop.frame.target_s, loop.p95_s
    found = _in_the_way(loop)
    if slow_s is None or slow_s <= _NEAR * target_s or found is None:
        return
    setting, text = found
    near = f"the 95th percentile of the cycles is {shown_s(slow_s)}, the target {shown_s(target_s)}"
    evidence = (f"95th percentile {shown_s(slow_s)}", f"target {shown_s(target_s)}", f"{len(loop.durations_s)} cycles")
    yield Recommendation(setting, f"{near}, {text}", evidence, "warning" if slow_s > target_s else "hint")


def _in_the_way(loop: Loop) -> tuple[str, str] | None:
    """(setting, what to do about it) of what keeps the loop from having more workers; None: nothing does."""
    frame = loop.frame
    if not loop.on:
        return "adaptive", "and the feedback loop is off: `regen tune --on`, or `adaptive = true`, lets it choose"
    if frame.executor == "inline":
        return "executor", "and everything is rendered in one process: leave `executor` out of [engine]"
    if frame.workers.fixed:
        text = f"and `workers = {frame.workers.most}` is fixed in {frame.where}: make it more, or leave it to the loop"
        return "workers", text
    if loop.known.control.workers >= frame.workers.most:
        text = (
            f"and all {frame.workers.most} workers that are allowed work: raise `max_workers` under [tune], on"
            " a machine with more processors or where templates wait for others; or see what takes the time"
        )
        return "workers", text
    return None


def _stages(seen: Seen) -> Iterator[Recommendation]:
    times, whole_s = _by_stage(seen.cycles), sum(one.duration_s for one in _told(seen.cycles))
    if not times or not whole_s:
        return
    name, spent_s = max(times.items(), key=lambda one: (one[1], one[0]))
    if spent_s < _MUCH * whole_s:
        return
    others = sorted(times.items(), key=lambda one: -one[1])[1:3]
    evidence = tuple(f"{other} {_share(other_s, whole_s)}" for other, other_s in ((name, spent_s), *others))
    what = f"{_STAGES.get(name, name)} takes {_share(spent_s, whole_s)} of the cycles"
    text = f"the bottleneck is the stage `{name}`: {what}"
    help_ = _HELPS.get(name)
    yield Recommendation(name, f"{text}; {help_}" if help_ else text, evidence)


def _templates(seen: Seen) -> Iterator[Recommendation]:
    shares = _by_share(seen.cycles, "template")
    whole_s = sum(spent_s for spent_s, _, _ in shares.values())
    for name, (spent_s, count, longest_s) in _most(shares):
        views = sorted(view for view in seen.whole if view.rpartition(" ")[0] == name)
        told = views or len(shares) > 1 or spent_s >= 1  # of a small project's only template there is nothing to say
        if not whole_s or spent_s < _SOME * whole_s or not told:
            continue
        each_s = spent_s / count
        text = f"`{name}` takes {_share(spent_s, whole_s)} of rendering: "
        if views:
            because = [f"its view `{_view(one)}` is evaluated whole because {_lower(seen.whole[one])}" for one in views]
            text += f"{'; '.join(because)}; so a change of one triple may render all of its artifacts again"
        else:
            text += f"{count:,} artifacts of {shown_s(each_s)} each"
            text += ", the longest far longer than the others" if longest_s > 5 * each_s and longest_s > 0.1 else ""
        evidence = (
            f"{shown_s(spent_s)} of {shown_s(whole_s)}",
            f"{count:,} artifacts",
            f"longest {shown_s(longest_s)}",
        )
        yield Recommendation(name, text, evidence)


def _views(seen: Seen) -> Iterator[Recommendation]:
    shares = _by_share(seen.cycles, "view")
    whole_s = sum(spent_s for spent_s, _, _ in shares.values())
    for name, (spent_s, count, _) in _most(shares):
        if not whole_s or spent_s < _SOME * whole_s or (spent_s < _BARELY_S and name not in seen.whole):
            continue
        template, _, view = name.rpartition(" ")
        text = f"the view `{view}` of `{template}` takes {_share(spent_s, whole_s)} of evaluating views"
        reason = seen.whole.get(name)
        if reason is not None:
            text += (
                f": it is evaluated whole because {_lower(reason)}; `regen why --view {template}` shows the patterns"
            )
        evidence = (f"{shown_s(spent_s)} of {shown_s(whole_s)}", f"{count:,} keys asked for")
        yield Recommendation(name, text, evidence)


def _merges(seen: Seen) -> Iterator[Recommendation]:
    merges = sum(one.counts.merges for one in seen.cycles)
    lost = sum(one.counts.merge_conflicts for one in seen.cycles)
    if lost < _FEW or lost < _LOST * merges:
        return
    text = (
        f"{lost} of {merges} files that a person and a template had both changed became conflicts: give people places"
        " of their own with `inject`, or a file beside the generated one with `unless_exists`"
    )
    yield Recommendation("merge", text, (f"merge success {1 - lost / merges:.0%}",))


def _people(seen: Seen) -> Iterator[Recommendation]:
    for one in seen.judged:
        bad = one.artifacts - one.good
        if one.template is None or one.artifacts < _FEW or bad * 2 < one.artifacts:
            continue
        said = (seen.words or {}).get(one.template, ())
        quoted = f": “{said[0]}”" if said else ""
        text = (
            f"template `{one.template}`: {bad} of {one.artifacts} judged bad{quoted}; `regen feedback --list` has all"
        )
        evidence = (f"mean score {one.score:.1f} of 5", *(f"“{word}”" for word in said))
        yield Recommendation(one.template, text, evidence, "warning")


def _told(cycles: Sequence[CycleRecord]) -> list[CycleRecord]:
    """Those that say something of time."""
    return [one for one in cycles if one.result in {"success", "skip"}]


def _by_stage(cycles: Sequence[CycleRecord]) -> dict[str, float]:
    times: dict[str, float] = defaultdict(float)
    for one in _told(cycles):
        for stage in _outer(one.stages):
            times[stage.name] += stage.duration_s
    return times


def _outer(stages: Sequence[StageTime]) -> Iterator[StageTime]:
    """Those that are part of no other one."""
    end_s = 0.0
    for stage in sorted(stages, key=lambda one: (one.start_s, -one.duration_s)):
        if stage.start_s + 1e-9 >= end_s:
            end_s = stage.start_s + stage.duration_s
            yield stage


def _by_share(cycles: Sequence[CycleRecord], kind: str) -> dict[str, tuple[float, int, float]]:
    """By name: seconds, number, the longest one's seconds."""
    found: dict[str, tuple[float, int, float]] = {}
    for share in (share for one in _told(cycles) for share in one.shares if share.kind == kind and share.count):
        found[share.name] = _added(found.get(share.name, (0.0, 0, 0.0)), share)
    return found


def _added(before: tuple[float, int, float], share: Share) -> tuple[float, int, float]:
    return before[0] + share.duration_s, before[1] + share.count, max(before[2], share.longest_s)


def _most(shares: Mapping[str, tuple[float, int, float]]) -> list[tuple[str, tuple[float, int, float]]]:
    return sorted(shares.items(), key=lambda one: (-one[1][0], one[0]))[:3]


def _share(part_s: float, whole_s: float) -> str:
    return f"{part_s / whole_s:.0%}".replace("%", " %")


def _view(name: str) -> str:
    """Of "TEMPLATE view" the view."""
    return name.rpartition(" ")[2]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
