// Objectives: what is promised, what was measured, how much of the error budget is left, and how fast it burns.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { choices, empty, mark, meter, table } from "../parts.js";
import { to } from "../routes.js";
import { sparkline } from "../sparkline.js";
import { amount, duration, number, plural, spoken, target } from "../words.js";

const WINDOWS = [
  ["1h", "1 hour"],
  ["24h", "1 day"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["all", "All"],
];
const STATES = {
  pass: ["good", "kept"],
  fail: ["bad", "missed"],
  warning: ["warn", "warning"],
  critical: ["bad", "critical"],
  inconclusive: ["dim", "not measured"],
};
const ENDED = ["cycle.completed", "cycle.failed"];

/** Figures are worked out every few seconds at most: what an event changed is in them a little later. */
export const FIGURES_MS = 10_000;

export const title = () => "Objectives";

export function show(frame) {
  const window_ = frame.place.query.get("window") ?? "24h";
  const asked = (what) => (signal) => get(what, { window: window_ }, signal);
  return [
    choices(
      "Window",
      WINDOWS.map(([value, text]) => [to("objectives", { window: value }), text, value === window_]),
    ),
    panel(frame, {
      title: "What is promised",
      name: "objectives",
      types: ENDED,
      every: FIGURES_MS,
      load: asked("objectives"),
      draw: promised,
    }),
    panel(frame, {
      title: "Figures",
      name: "stats",
      types: ENDED,
      every: FIGURES_MS,
      load: asked("stats"),
      draw: measured,
    }),
  ];
}

/** How an objective stands: [tone, word]; a threshold that was passed says more than the target does. */
function stands({ level, outcome, figure }) {
  if (level !== "ok") return STATES[level];
  return outcome === "inconclusive" && figure.value !== null ? ["dim", "no target"] : STATES[outcome];
}

/** What was measured; what was not is said by the mark beside it. */
const value = ({ figure }) => (figure.value === null ? "–" : amount(figure.value, figure.unit));

const WORST = ["critical", "missed", "warning", "kept", "no target"];

/** Objectives at a glance, the worst first, for the overview. */
export function objectiveLines({ items }) {
  if (!items.length) return empty("No objective is set.", "Add ", h("code", {}, "[[objective]]"), " to regen.toml.");
  const place = (one) => WORST.indexOf(stands(one)[1]);
  const judged = items.filter((one) => place(one) >= 0).sort((one, other) => place(one) - place(other));
  const others = items.filter((one) => place(one) < 0).map((one) => spoken(one.objective.metric));
  const line = (one) =>
    h(
      "li",
      {},
      mark(...stands(one)),
      h("span", { class: "name" }, spoken(one.objective.metric)),
      h("span", { class: "figure" }, value(one)),
      h("span", { class: "note" }, target(one.objective.target)),
    );
  return [
    judged.length > 0 && h("ul", { class: "lines objectives" }, judged.map(line)),
    others.length > 0 && h("p", { class: "note" }, `Not measured: ${others.join(", ")}`),
  ];
}

function promised({ items, overall }) {
  if (!items.length) return objectiveLines({ items });
  const columns = [
    { head: "Objective", kind: "first", cell: ({ objective }) => named(objective) },
    { head: "State", kind: "plain", cell: (one) => mark(...stands(one)) },
    { head: "Measured", kind: "number", cell: value },
    { head: "Target", kind: "number", cell: ({ objective }) => target(objective.target) },
    { head: "Samples", kind: "number minor", cell: ({ figure }) => number(figure.samples) },
    { head: "Error budget left", cell: ({ budget }) => left(budget) },
    { head: "Burn rate", kind: "number", cell: ({ budget }) => burn(budget) },
  ];
  return [
    typeof overall === "number" &&
      h(
        "p",
        { class: "lead" },
        "Of those that could be judged, ",
        h("strong", {}, amount(overall, "share")),
        " are kept.",
      ),
    table("Objectives with their error budgets", columns, items),
    h(
      "p",
      { class: "note" },
      "At a burn rate of 1 × the budget lasts exactly as long as the window; now, and over all of it.",
    ),
  ];
}

const named = ({ metric, means }) => [spoken(metric), h("div", { class: "note" }, means)];

function left(budget) {
  if (!budget) return h("span", { class: "note" }, "none");
  const tone = budget.left <= 0 ? "bad" : budget.left < 0.25 ? "warn" : "good";
  const misses = Math.floor(budget.allowed * budget.samples);
  const kept = amount(budget.left, "share") + (misses ? ` of ${plural(misses, "miss", "misses")}` : "");
  return meter(budget.left, budget.left > 0 ? kept : `used up: ${number(budget.missed)} missed`, tone);
}

function burn(budget) {
  if (!budget || budget.burn_long === null) return "–";
  return [rate(budget.burn_short), " · ", rate(budget.burn_long)];
}

const rate = (found) =>
  found === null ? "–" : found > 1 ? mark(found > 2 ? "bad" : "warn", `${number(found)} ×`) : `${number(found)} ×`;

function measured({ figures, stages, cycles, sampled, currency }) {
  if (!cycles && !figures.some((one) => one.samples)) {
    return empty("Nothing was measured in this window.", "Choose a longer one above.");
  }
  const unit = (one) => (one.metric === "cost" && currency ? currency : one.unit);
  const columns = [
    { head: "Figure", kind: "first short", cell: (one) => spoken(one.metric) },
    { head: "What it is", kind: "minor", cell: (one) => h("span", { class: "note" }, one.means) },
    { head: "Value", kind: "number plain", cell: (one) => amount(one.value, unit(one)) },
    { head: "Samples", kind: "number minor", cell: (one) => number(one.samples) },
    { head: "Course", kind: "plain", cell: (one) => sparkline(one.course) ?? h("span", { class: "note" }, "–") },
  ];
  return [
    table("Figures of the window", columns, figures),
    stages.length > 0 && [h("h2", {}, "Stages"), stageTable(stages, sampled)],
  ];
}

function stageTable(stages, sampled) {
  const time = (name) => (one) => duration(one[name]);
  const columns = [
    { head: "Stage", kind: "first", cell: (one) => one.name },
    { head: "Median", kind: "number", cell: time("p50_s") },
    { head: "p95", kind: "number", cell: time("p95_s") },
    { head: "p99", kind: "number", cell: time("p99_s") },
    { head: "Share of the time", cell: (one) => meter(one.share, amount(one.share, "share"), "busy") },
  ];
  return table(`Stages of the last ${plural(sampled, "cycle")}`, columns, stages, { seen: true });
}
