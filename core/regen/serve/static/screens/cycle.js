// One cycle: its stages as a waterfall, what changed in the graph, and which files that touched, with reasons.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { because, empty, link, mark, pairs, sign, table, time } from "../parts.js";
import { toArtifact, toCycle, toNode, toRelease } from "../routes.js";
import { bare, duration, number, plural, result, term } from "../words.js";

export const title = ({ parts }) => `Cycle ${parts[0]}`;

export function show(frame) {
  const [asked] = frame.place.parts;
  return panel(frame, {
    name: "cycle",
    load: async (signal) => {
      const about = [get(`cycles/${encodeURIComponent(asked)}`, {}, signal), get("cycles", { limit: 1 }, signal)];
      const [cycle, newest] = await Promise.all(about);
      return { ...cycle, last: newest.items[0]?.number };
    },
    draw: drawn,
  });
}

function drawn(cycle) {
  return [
    h(
      "nav",
      { class: "pages", "aria-label": "Neighbours" },
      link("#/cycles", "All cycles"),
      cycle.number > 1 && link(toCycle(cycle.number - 1), `← Cycle ${cycle.number - 1}`),
      cycle.number < cycle.last && link(toCycle(cycle.number + 1), `Cycle ${cycle.number + 1} →`),
    ),
    head(cycle),
    part("Stages", waterfall(cycle)),
    part(`What changed in the graph`, events(cycle)),
    part("Affected files", artifacts(cycle)),
    (cycle.shares ?? []).length > 0 && part("Where the time went", shares(cycle.shares)),
  ];
}

const part = (name, ...content) => h("section", { class: "part" }, h("h2", {}, name), content);

function head(cycle) {
  const counts = cycle.counts ?? {};
  return [
    h(
      "p",
      { class: "lead" },
      mark(...result(cycle.result)),
      " ",
      h("strong", {}, duration(cycle.duration_s)),
      " · ",
      cycle.trigger || cycle.kind,
    ),
    cycle.error && h("p", { class: "bad-text error-line" }, sign("bad"), " ", cycle.error),
    pairs([
      ["Environment", cycle.environment],
      ["Kind", cycle.kind],
      ["Started", time(cycle.at)],
      ["Processor time", duration(cycle.cpu_s)],
      ["Delay to the last file", typeof cycle.delay_s === "number" ? duration(cycle.delay_s) : null],
      ["Release", cycle.release ? link(toRelease(cycle.environment, cycle.release), `${cycle.release}`) : "none"],
      ["Revision", number(cycle.revision)],
      ["Triples", number(counts.triples)],
      ["Rendered", number(counts.rendered)],
      ["Merged", counts.merges ? `${number(counts.merges)}, ${number(counts.merge_conflicts)} in conflict` : null],
      ["Workers", cycle.workers ? `${cycle.workers}${cycle.executor ? `, ${cycle.executor}` : ""}` : null],
      [
        "Trace",
        cycle.trace_id ? h("code", { class: "trace" }, cycle.trace_id) : "not recorded: no exporter is set up",
        "wide",
      ],
    ]),
  ];
}

function waterfall(cycle) {
  if (!cycle.stages?.length) return empty("No stage was timed in this cycle.");
  const whole = Math.max(cycle.duration_s, ...cycle.stages.map((stage) => stage.start_s + stage.duration_s)) || 1;
  const longest = Math.max(...cycle.stages.map((stage) => stage.duration_s));
  const bar = (stage) =>
    h(
      "span",
      { class: "track", "aria-hidden": "true" },
      h("span", {
        class: stage.duration_s === longest ? "span longest" : "span",
        style: { left: `${(stage.start_s / whole) * 100}%`, width: `max(2px, ${(stage.duration_s / whole) * 100}%)` },
      }),
    );
  return table(
    "Stages of the cycle, in the order of their starts",
    [
      { head: "Stage", kind: "first short", cell: (stage) => stage.name },
      { head: "When", kind: "bars", cell: bar },
      { head: "Starts after", kind: "number minor", cell: (stage) => duration(stage.start_s) },
      {
        head: "Took",
        kind: "number",
        cell: (stage) => [
          duration(stage.duration_s),
          stage.duration_s === longest && h("span", { class: "note" }, " longest"),
        ],
      },
    ],
    cycle.stages,
  );
}

const ACTIONS = { conflict: "bad", created: "good", removed: "warn" };
const edge = (predicate) => h("span", { class: "predicate" }, term(predicate));
const SIGNS = { added: "+", removed: "−", changed: "~" };

function events(cycle) {
  const list = cycle.events ?? [];
  if (!list.length)
    return empty("The graph did not change in this cycle.", "A template, the configuration or a command asked for it.");
  return h(
    "ul",
    { class: "delta" },
    list.map((event) => {
      const [thing, what] = event.type.split(".");
      if (!event.subject)
        return h("li", {}, "More changed than is told one by one; ", h("code", {}, "regen diff"), " shows it all.");
      return h(
        "li",
        {},
        h("span", { class: `delta-sign ${what}` }, SIGNS[what] ?? "·", h("span", { class: "sr" }, what)),
        h("span", { class: "kind" }, thing),
        " ",
        node(event.subject, cycle),
        " ",
        event.predicate && [edge(event.predicate), " → ", node(event.object, cycle)],
        properties("gained", event.gained),
        properties("lost", event.lost),
      );
    }),
  );
}

function node(value, cycle) {
  if (!value) return null;
  const text = term(value);
  return /^"|^_:/.test(value)
    ? h("span", {}, text)
    : h("a", { href: toNode(bare(value), { cycle: cycle.number }), title: bare(value) }, text);
}

function properties(word, list) {
  if (!list?.length) return null;
  return h(
    "ul",
    {},
    list.map((one) =>
      h(
        "li",
        {},
        h("span", { class: word }, `${word} `),
        h("span", { class: "predicate" }, term(one.predicate)),
        " ",
        h("q", {}, term(one.object)),
      ),
    ),
  );
}

function artifacts(cycle) {
  const list = cycle.artifacts ?? [];
  if (!list.length) return empty("No file was affected.", "What changed is in no view of a template.");
  return [
    h("p", { class: "note" }, (cycle.counts?.files > list.length ? "the first " : "") + plural(list.length, "file")),
    table(
      "Files that this cycle touched",
      [
        { head: "File", kind: "first", cell: (one) => link(toArtifact(cycle.environment, one.path), one.path) },
        { head: "Action", kind: "plain", cell: (one) => mark(ACTIONS[one.action] ?? "change", one.action) },
        { head: "Template", kind: "minor", cell: (one) => one.template },
        { head: "Key", kind: "minor", cell: (one) => term(one.key) },
        { head: "Because", kind: "long", cell: (one) => because(one.because) },
      ],
      list,
    ),
  ];
}

function shares(list) {
  return table(
    "Templates and views by the time they took",
    [
      { head: "Name", kind: "first", cell: (one) => one.name },
      { head: "Kind", cell: (one) => one.kind },
      { head: "Time", kind: "number", cell: (one) => duration(one.duration_s) },
      { head: "Count", kind: "number", cell: (one) => number(one.count) },
      { head: "Longest", kind: "number minor", cell: (one) => (one.longest_s ? duration(one.longest_s) : "–") },
    ],
    list,
  );
}
