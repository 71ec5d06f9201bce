"""The shop of the page's world: generated answers of the interface, as many as one likes."""

from __future__ import annotations

import json
import queue
import random
import time
from dataclasses import dataclass, field
from typing import Any

HOSTILE = '</script><img src=x onerror="window.pwned=1">'
_STAGES = ("load", "diff", "select", "render", "merge", "evaluate", "deploy")
_CLASSES = ("Person", "Organization", "Place", "Event", "CreativeWork", "Product", "Offer", "Review")
_NS = "https://schema.org/"


@dataclass
class Shop:
    """What the server answers from.

    Attributes:
        cycles, artifacts, events: how many there are.
        hostile: whether names and contents try to be HTML.
        broken: paths below /api/v1 that are answered with an error.
        sent: bodies of changes, in the order in which they came.
    """

    cycles: int = 140
    artifacts: int = 800
    events: int = 60
    conflicts: int = 2
    hostile: bool = False
    running: bool = True
    now: float = field(default_factory=time.time)
    broken: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    listeners: list[queue.Queue[bytes | None]] = field(default_factory=list)
    csrf: str = "csrf-of-the-tests"
    settled: bool = False

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to every open stream."""
        event = {"specversion": "1.0", "id": f"t{len(self.sent)}-{time.time()}", "type": name, "at": time.time()}
        message = f"id: {event['id']}\nevent: {name}\ndata: {json.dumps({**event, 'data': data})}\n\n".encode()
        for listener in self.listeners:
            listener.put(message)

    def cut(self) -> None:
        """Cut every open stream."""
        for listener in self.listeners:
            listener.put(None)

    def evil(self, text: str) -> str:
        """A name, or one that tries to be HTML."""
        return f"{text}{HOSTILE}" if self.hostile else text

    # what is answered

    def status(self, _: dict[str, str]) -> Any:
        names = ("dev", "staging", "production") if self.artifacts else ()
        running = {
            "environment": "dev",
            "kind": "watch",
            "trigger": self.evil("graphs/people.ttl and 2 more"),
            "at": time.time() - 1.9,
            "stages": [
                *({"name": name, "start_s": at * 0.3, "duration_s": 0.28} for at, name in enumerate(_STAGES[:4])),
                {"name": "merge", "start_s": 1.2, "duration_s": None},
            ],
        }
        return {
            "project": self.evil("vocabulary"),
            "version": "0.6.0",
            "revision": self.cycles,
            "environments": [
                {
                    "name": name,
                    "deployer": ("workspace", "releases", "bluegreen")[at],
                    "release": max(1, self.cycles - 3 * at - 1),
                    "version": None if at == 0 else f"1.{9 - at}.0",
                    "artifacts": self.artifacts,
                    "stale": 3 if at == 0 else 0,
                    "conflicts": self.conflicts if at == 0 else 0,
                    "held": at == 1,
                    "frozen": None,
                    "incomplete": at == 0 and self.conflicts > 0,
                    "health": "stands",
                    "automatic": at == 0,
                }
                for at, name in enumerate(names)
            ],
            "watch": {"alive": self.cycles > 0, "here": True, "since": self.now - 86400},
            "running": running if self.running and self.cycles else None,
            "started": self.now - 86400,
        }

    def cycle_item(self, number: int) -> dict[str, Any]:
        rng = random.Random(number)
        result = (
            "failure"
            if number % 37 == 5
            else "error"
            if number % 83 == 11
            else "skip"
            if number % 29 == 3
            else "success"
        )
        slow = number % 41 == 7
        took = 14 + rng.random() * 9 if slow else 0.05 + rng.random() ** 4 * 1.6
        return {
            "number": number,
            "environment": ("dev", "dev", "staging")[number % 3],
            "kind": "watch" if number % 5 else "apply",
            "trigger": self.evil(f"graphs/{_CLASSES[number % 8].lower()}.ttl" if number % 5 else "command"),
            "at": self.now - (self.cycles - number) * 417.0 - 20,
            "duration_s": round(took, 4),
            "result": result,
            "error": None if result in {"success", "skip"} else self.evil("gate `tests` said no: 2 of 41 failed"),
            "release": number if result == "success" else None,
            "counts": {
                "triples": 1 + number % 9,
                "files": 900 if slow else 1 + number % 12,
                "evaluated": 12,
                "rendered": 6,
                "artifacts": self.artifacts,
                "merges": number % 3,
                "merge_conflicts": 0,
                "conflicts": self.conflicts,
            },
        }

    def cycle_list(self, asked: dict[str, str]) -> Any:
        before = int(asked.get("before", self.cycles + 1))
        limit = int(asked.get("limit", 100))
        found: list[dict[str, Any]] = []
        for number in range(before - 1, 0, -1):
            item = self.cycle_item(number)
            if all(item[name] == asked[name] for name in ("environment", "result") if name in asked) and item[
                "at"
            ] >= float(asked.get("since", 0)):
                found.append(item)
            if len(found) == limit:
                return {"items": found, "next": number if number > 1 else None}
        return {"items": found, "next": None}

    def cycle(self, number: str) -> Any:
        if not number.isdigit() or not 1 <= int(number) <= self.cycles:
            raise LookupError(f"no cycle {number} is kept")
        item = self.cycle_item(int(number))
        shares = (0.04, 0.02, 0.14, 0.46, 0.12, 0.13, 0.09)
        stages, at = [], 0.0
        for name, share in zip(_STAGES, shares, strict=True):
            stages.append({"name": name, "start_s": at, "duration_s": item["duration_s"] * share})
            at += item["duration_s"] * share
        person = f"<{_NS}{self.evil('Person')}>"
        return {
            **item,
            "cpu_s": item["duration_s"] * 1.4,
            "exit_code": 0 if item["result"] == "success" else 4,
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7",
            "revision": int(number),
            "delay_s": item["duration_s"] + 0.06,
            "workers": 2,
            "executor": "processes",
            "stages": stages,
            "shares": [
                {"kind": "template", "name": "python/model.py.j2", "duration_s": 0.61, "count": 6, "longest_s": 0.2},
                {
                    "kind": "view",
                    "name": "python/model.py.j2 properties",
                    "duration_s": 0.2,
                    "count": 6,
                    "longest_s": 0,
                },
            ],
            "events": [
                {
                    "type": "node.changed",
                    "subject": person,
                    "predicate": None,
                    "object": None,
                    "gained": [
                        {"predicate": f"<{_NS}comment>", "object": f'"{self.evil("A person, alive or not")}"@en'}
                    ],
                    "lost": [{"predicate": f"<{_NS}comment>", "object": '"A person"@en'}],
                },
                {
                    "type": "edge.added",
                    "subject": f"<{_NS}birthDate>",
                    "predicate": f"<{_NS}domainIncludes>",
                    "object": person,
                    "gained": [],
                    "lost": [],
                },
            ],
            "artifacts": [
                {
                    "path": self.path(at),
                    "action": "conflict" if at == 3 and self.conflicts else "changed",
                    "template": "python/model.py.j2",
                    "key": person,
                    "because": "<Person> gained schema:birthDate, graphs/people.ttl",
                }
                for at in range(min(6, self.artifacts))
            ],
        }

    def path(self, at: int) -> str:
        return self.evil(f"models/{_CLASSES[at % 8].lower()}_{at // 8:05d}") + ".py"

    def event_list(self, asked: dict[str, str]) -> Any:
        limit = int(asked.get("limit", 100))
        graph = asked.get("type", "").startswith("node")
        kinds = (
            ("node.changed", "node.added")
            if graph
            else ("cycle.completed", "release.deployed", "node.changed", "cycle.started")
        )
        first = max(0, self.events - limit)
        items = []
        for at in range(first, self.events):
            name = kinds[at % len(kinds)]
            data = {
                "environment": "dev",
                "because": "graphs/people.ttl changed",
                "duration_s": 0.4,
                "number": at,
                "subject": f"<{_NS}{self.evil(_CLASSES[at % 8])}>",
            }
            seconds = self.now - (self.events - at) * 40
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + "Z"
            items.append({"id": f"e{at}", "type": name, "time": stamp, "data": data, "revision": at})
        return {"items": items, "next": f"{self.events}.0.{self.events}"}

    def graph(self, asked: dict[str, str]) -> Any:
        centre = asked["node"]
        if not self.artifacts:
            return {"nodes": [], "edges": [], "files": []}
        names = ["birthDate", "deathDate", "name", "worksFor", "knows", "spouse", "email", "jobTitle"]
        nodes = [
            {
                "id": centre,
                "label": centre.rsplit("/", 1)[-1],
                "kind": "node",
                "types": [f"{_NS}Class"],
                "changed": True,
            },
            *(
                {
                    "id": f"{_NS}{self.evil(one)}",
                    "label": self.evil(one),
                    "kind": "node",
                    "types": [],
                    "changed": one == "birthDate",
                }
                for one in names
            ),
            {"id": f"{_NS}Thing", "label": "Thing", "kind": "node", "types": [], "changed": False},
            {
                "id": '"A person, alive or not"@en',
                "label": self.evil("A person, alive, dead, undead or made up"),
                "kind": "literal",
                "types": [],
                "changed": True,
            },
        ]
        edges = [
            *(
                {
                    "source": f"{_NS}{self.evil(one)}",
                    "target": centre,
                    "predicate": f"{_NS}domainIncludes",
                    "label": "domainIncludes",
                }
                for one in names
            ),
            {
                "source": centre,
                "target": f"{_NS}Thing",
                "predicate": "http://www.w3.org/2000/01/rdf-schema#subClassOf",
                "label": "subClassOf",
            },
            {
                "source": centre,
                "target": '"A person, alive or not"@en',
                "predicate": f"{_NS}comment",
                "label": "comment",
            },
        ]
        if asked.get("depth") == "2":
            nodes += [
                {"id": f"{_NS}Agent{at}", "label": f"Agent {at}", "kind": "node", "types": [], "changed": False}
                for at in range(4)
            ]
            edges += [
                {"source": f"{_NS}Thing", "target": f"{_NS}Agent{at}", "predicate": f"{_NS}sub", "label": "sub"}
                for at in range(4)
            ]
        files = [
            {
                "environment": "dev",
                "path": self.path(at),
                "template": ("python/model.py.j2", "sql/table.sql.j2")[at % 2],
                "key": f"<{centre}>",
            }
            for at in range(4)
        ]
        return {"nodes": nodes, "edges": edges, "files": files}

    def search(self, asked: dict[str, str]) -> Any:
        found = [one for one in _CLASSES if asked["q"].lower() in one.lower()]
        return {
            "items": [
                {"id": f"{_NS}{one}", "label": one, "kind": "node", "types": [], "changed": False} for one in found
            ],
            "next": None,
        }

    def artifact_list(self, asked: dict[str, str]) -> Any:
        start, limit = int(asked.get("before", 0)), int(asked.get("limit", 100))
        found: list[dict[str, Any]] = []
        for at in range(start, self.artifacts):
            path = self.path(at)
            if asked.get("q", "").lower() in path.lower():
                state = "conflict" if at in {3, 5} and self.conflicts else "ok"
                found.append(
                    {
                        "path": path,
                        "environment": "dev",
                        "template": "python/model.py.j2",
                        "key": f"<{_NS}{_CLASSES[at % 8]}>",
                        "release": 7,
                        "state": state,
                        "edited": at % 11 == 3,
                    }
                )
            if len(found) == limit:
                return {"items": found, "next": str(at + 1) if at + 1 < self.artifacts else None}
        return {"items": found, "next": None}

    def artifact(self, environment: str, path: str) -> Any:
        content = "".join(f"    field_{at}: str = {self.evil('x')!r}\n" for at in range(40))
        edit = self.evil("as in the passport")
        diff = (
            "--- base\n+++ disk\n@@ -1,3 +1,4 @@\n class Person:\n-    name: str\n"
            f"+    name: str  # {edit}\n+    age: int\n     pass\n"
        )
        return {
            "path": path,
            "environment": environment,
            "template": "python/model.py.j2",
            "key": f"<{_NS}Person>",
            "release": 7,
            "state": "ok",
            "edited": True,
            "content": f"class Person:\n{content}",
            "base": content,
            "diff": diff,
            "why": {
                "path": path,
                "template": "python/model.py.j2",
                "key": f"<{_NS}Person>",
                "because": [
                    {
                        "kind": "fact",
                        "text": self.evil("<Person> gained schema:birthDate"),
                        "where": "graphs/people.ttl",
                        "also": ["<Person> lost schema:age"],
                    }
                ],
                "release": 7,
                "state": "ok",
                "edited": True,
                "views": [
                    {
                        "view": "properties",
                        "query": "SELECT ?this ?property ?range WHERE {\n  ?property schema:domainIncludes ?this\n}",
                        "columns": ["property", "range", "comment"],
                        "rows": [
                            [f"<{_NS}birthDate>", f"<{_NS}Date>", f'"{self.evil("when")}"'],
                            [f"<{_NS}name>", f"<{_NS}Text>", None],
                        ],
                    }
                ],
            },
        }

    def release_item(self, number: int) -> dict[str, Any]:
        return {
            "environment": "dev",
            "number": number,
            "parent": number - 1 or None,
            "revision": number,
            "inputs": "00",
            "at": self.now - (self.cycles - number) * 417,
            "state": "bad" if number % 13 == 4 else "deployed",
            "complete": number % 9 != 2,
            "created": number % 4,
            "updated": number % 7,
            "merged": number % 3,
            "deleted": 0,
            "note": self.evil("graphs/people.ttl: 3 triples added"),
            "restores": None,
            "suggests": "minor",
            "version": f"1.{number}.0" if number % 2 else None,
        }

    def release_list(self, asked: dict[str, str]) -> Any:
        last = min(int(asked.get("before", self.cycles)), self.cycles) - 1
        numbers = list(range(last, 0, -1))[: int(asked.get("limit", 100))]
        return {
            "items": [self.release_item(one) for one in numbers],
            "next": numbers[-1] if numbers and numbers[-1] > 1 else None,
        }

    def release(self, _: str, number: str) -> Any:
        changes = [
            {
                "what": ("created", "updated")[at % 2],
                "path": self.path(at),
                "because": "<Person> gained schema:birthDate",
            }
            for at in range(7)
        ]
        return {"release": self.release_item(int(number)), "changes": changes, "evaluated": None}

    def compare(self, environment: str, asked: dict[str, str]) -> Any:
        files = [
            {
                "kind": ("changed", "added", "removed")[at % 3],
                "path": self.path(at),
                "template": "python/model.py.j2",
                "because": self.evil("<Person> gained schema:birthDate"),
            }
            for at in range(11)
        ]
        interface = [
            {
                "kind": "changed",
                "what": "parameter",
                "symbol": "Person.name",
                "path": self.path(0),
                "line": 4,
                "breaking": True,
                "why": "its type is another",
                "because": None,
                "before": "str",
                "after": "Text",
            }
        ]
        return {
            "environment": environment,
            "older": self.release_item(int(asked["from"])),
            "newer": self.release_item(int(asked["to"])),
            "files": files,
            "features_added": [{"name": f"<{_NS}Review>", "files": 3}],
            "features_removed": [],
            "interface": interface,
            "suggests": "major",
            "figures": [
                {"name": "accuracy", "unit": "share", "before": 0.93, "after": 0.97, "direction": "better"},
                {"name": "cycle_p95", "unit": "s", "before": 1.1, "after": 1.4, "direction": "worse"},
            ],
            "points": [
                {"kind": "performance", "text": "python/model.py.j2 takes 61 % of rendering", "way": "split its view"}
            ],
            "readiness": {
                "verdict": "not ready",
                "reasons": ["1 change breaks its users"],
                "unmeasured": ["availability"],
            },
        }

    def conflict_items(self) -> list[dict[str, Any]]:
        count = 0 if self.settled else self.conflicts
        return [
            {
                "environment": "dev",
                "path": self.path(3 + 2 * at),
                "kind": "both_changed",
                "message": self.evil("your edit and the template both changed this block"),
                "because": "<Person> gained schema:birthDate, graphs/people.ttl",
                "template": "python/model.py.j2",
                "key": f"<{_NS}Person>",
                "at": self.now - 4000,
            }
            for at in range(count)
        ]

    def conflict(self, _: str, path: str) -> Any:
        found = next((one for one in self.conflict_items() if one["path"] == path), None)
        if found is None:
            raise LookupError(f"{path} is in no open conflict")
        head = "class Person:\n    given: str\n"
        base, ours, theirs = (
            "    name: str\n",
            f"    name: str  # {self.evil('as in the passport')}\n",
            "    name: Text\n",
        )
        marked = f"{head}<<<<<<< ours\n{ours}||||||| base\n{base}=======\n{theirs}>>>>>>> theirs\n    email: str\n"
        tail = "    email: str\n"
        return {
            **found,
            "base": head + base + tail,
            "ours": head + ours + tail,
            "theirs": head + theirs + tail,
            "marked": marked,
        }

    def objectives(self, _: dict[str, str]) -> Any:
        rows: list[tuple[Any, ...]] = [
            ("cycle_p95", "time of a cycle, 95th percentile", "s", ("<", 30), 1.42, "pass", "ok", 0.83, 0.2),
            ("error_rate", "share of cycles that failed", "share", ("<", 0.02), 0.031, "fail", "warning", -0.5, 3.4),
            (
                "availability",
                "share of time with the watch alive",
                "share",
                (">", 0.999),
                0.9997,
                "pass",
                "ok",
                0.7,
                0.3,
            ),
            ("merge_success", "share of merges without conflict", "share", (">", 0.95), 0.97, "pass", "ok", 0.2, 1.2),
            (
                "learning_delay_p95",
                "from published to integrated",
                "s",
                ("<", 300),
                None,
                "inconclusive",
                "ok",
                None,
                None,
            ),
        ]
        items = []
        for metric, means, unit, (operator, bound), value, outcome, level, left, burn in rows:
            budget = {"allowed": 0.05, "missed": 3, "samples": 140, "left": left, "burn_short": burn, "burn_long": burn}
            items.append(
                {
                    "objective": {
                        "metric": metric,
                        "means": self.evil(means),
                        "unit": unit,
                        "better": "lower",
                        "target": {"operator": operator, "bound": bound, "unit": unit, "relative": False},
                        "warning": None,
                        "critical": None,
                    },
                    "figure": self.figure(metric, unit, value),
                    "outcome": outcome,
                    "level": level,
                    "budget": None if left is None else budget,
                }
            )
        window = {"text": "24h", "since": self.now - 86400, "until": self.now}
        return {"window": window, "environment": None, "overall": 0.75, "items": items if self.cycles else []}

    def figure(self, metric: str, unit: str, value: float | None) -> dict[str, Any]:
        rng = random.Random(metric)
        course = [None if value is None or at == 7 else value * (0.6 + rng.random()) for at in range(24)]
        means = self.evil(f"what {metric} means")
        return {"metric": metric, "means": means, "unit": unit, "value": value, "samples": 140, "course": course}

    def alerts(self, _: dict[str, str]) -> Any:
        items = [
            {
                "key": "dev/errors",
                "environment": "dev",
                "severity": "critical",
                "message": self.evil("the error rate is 6 %, over 5 %"),
                "at": self.now - 60,
                "since": self.now - 900,
                "count": 4,
                "recovered": False,
            },
            {
                "key": "staging/web",
                "environment": "staging",
                "severity": "warning",
                "message": "the probe `web` took 4 s, over 3 s",
                "at": self.now - 7200,
                "since": self.now - 7900,
                "count": 1,
                "recovered": True,
            },
        ]
        return {"items": items if self.cycles else [], "next": None}

    def stats(self, _: dict[str, str]) -> Any:
        rows: list[tuple[str, str, float | None]] = [
            ("cycles", "number", 140),
            ("success_rate", "share", 0.961),
            ("cycle_p50", "s", 0.12),
            ("cycle_p95", "s", 1.42),
            ("artifacts_per_second", "number", 88.2),
            ("learning_delay_p95", "s", None),
            ("cost", "number", 0.41),
        ]
        stages = [
            {"name": name, "runs": 140, "mean_s": 0.02, "p50_s": 0.01, "p95_s": 0.2, "p99_s": 0.9, "share": share}
            for name, share in zip(_STAGES, (0.04, 0.02, 0.14, 0.46, 0.12, 0.13, 0.09), strict=True)
        ]
        return {
            "window": {"text": "24h", "since": self.now - 86400, "until": self.now},
            "environment": None,
            "cycles": self.cycles,
            "figures": [self.figure(*row) for row in rows] if self.cycles else [],
            "stages": stages if self.cycles else [],
            "sampled": min(self.cycles, 100),
            "currency": "EUR",
        }

    def tuning(self, _: dict[str, str]) -> Any:
        decisions = [
            {
                "setting": "workers",
                "before": 1,
                "after": 2,
                "reason": self.evil("the work that waits needs 41 s of the 30 s that are left"),
                "at": self.now - 600 - at * 3000,
                "environment": "dev",
                "p95_s": 22.4,
                "waiting_s": 41.2,
                "left_s": 30 if at else None,
                "number": 5 - at,
            }
            for at in range(5)
        ]
        advice = {
            "about": "python/model.py.j2",
            "text": self.evil("`python/model.py.j2` takes 61 % of rendering: its view `properties` is evaluated whole"),
            "evidence": ["61 % of 4.1 s", "it has a GROUP BY"],
            "severity": "warning",
        }
        settings = [
            {"name": "workers", "value": 2, "least": 1, "most": 8, "fixed": None},
            {"name": "debounce_ms", "value": 50, "least": 10, "most": 500, "fixed": "regen.toml"},
            {"name": "executor", "value": "processes", "least": None, "most": None, "fixed": None},
        ]
        return {
            "adaptive": self.cycles > 0,
            "why_off": None if self.cycles else "regen.toml",
            "target_s": 30,
            "p95_s": 1.42 if self.cycles else None,
            "cycles": min(self.cycles, 100),
            "settings": settings if self.cycles else [],
            "decisions": decisions if self.cycles else [],
            "recommendations": [advice, {**advice, "severity": "hint"}] if self.cycles else [],
        }

    def audit(self, _: dict[str, str]) -> Any:
        items = [
            {
                "sequence": at,
                "at": self.now - at * 50,
                "action": ("rollback", "resolve", "apply")[at % 3],
                "who": {"user": "ann", "uid": 1000, "machine": "host", "sudo": None},
                "outcome": ("done", "refused")[at % 5 == 0],
                "environment": "dev",
                "subject": self.evil("models/person.py"),
                "why": "by hand",
            }
            for at in range(1, 41)
        ]
        return {"items": items if self.cycles else [], "next": None}
