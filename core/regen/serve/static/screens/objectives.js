// Objectives: what is promised, what was measured, how much of the error budget is left, and how fast it burns.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { choices, empty, mark, meter, table } from "../parts.js";
import { sparkline } from "../sparkline.js";
import { to } from "../routes.js";
import { amount, number } from "../words.js";

const WINDOWS = [
  ["1h", "1 hour"],
  ["24h", "1 day"],
  ["7d", "7 days"],
  ["30d", "30 days"],
];
const TONES = { pass: "good", ok: "good", fail: "bad", warning: "warn", critical: "bad", inconclusive: "dim" };
const SAYS = { pass: "kept", ok: "kept", fail: "missed", inconclusive: "not measured" };

export const title = () => "Objectives";

export function show(frame) {
  const window_ = frame.place.query.get("window") ?? "24h";
  return [
    choices(
      "Window",
      WINDOWS.map(([value, text]) => [to("objectives", { window: value }), text, value === window_]),
    ),
    panel(frame, {
      title: "What is promised",
      name: "objectives",
      types: ["cycle.completed", "cycle.failed"],
      load: (signal) => get("objectives", { window: window_ }, signal),
      draw: drawn,
    }),
    panel(frame, {
      title: "Figures",
      name: "stats",
      types: ["cycle.completed", "cycle.failed"],
      load: (signal) => get("stats", { window: window_ }, signal),
      draw: figures,
    }),
  ];
}

/** The state of an objective: [tone, word]. */
export function stands(one) {
  const state = one.level && one.level !== "ok" ? one.level : (one.outcome ?? one.level ?? "inconclusive");
  return [TONES[state] ?? "dim", SAYS[state] ?? state];
}

const measured = (one) => (typeof one.value === "number" ? amount(one.value, one.unit) : "–");

/** Objectives at a glance, for the overview. */
export function objectiveLines({ items }) {
  if (!items.length) return empty("No objective is set.", "Add ", h("code", {}, "[[objective]]"), " to regen.toml.");
  return h(
    "ul",
    { class: "lines objectives" },
    items.map((one) =>
      h(
        "li",
        {},
        mark(...stands(one)),
        h("span", { class: "name" }, spoken(one.metric)),
        h("span", { class: "figure" }, measured(one)),
        h("span", { class: "note" }, one.target ?? ""),
      ),
    ),
  );
}

const spoken = (metric) => metric.replaceAll("_", " ");

function drawn({ items, overall }) {
  if (!items.length) return objectiveLines({ items });
  return [
    typeof overall === "number" &&
      h("p", { class: "lead" }, "Overall compliance ", h("strong", {}, amount(overall, "share"))),
    table(
      "Objectives with their error budgets",
      [
        {
          head: "Objective",
          kind: "first",
          cell: (one) => [spoken(one.metric), one.means && h("div", { class: "note" }, one.means)],
        },
        { head: "State", kind: "plain", cell: (one) => mark(...stands(one)) },
        { head: "Measured", kind: "number", cell: measured },
        { head: "Target", kind: "number", cell: (one) => one.target ?? "–" },
        { head: "Compliance", kind: "number minor", cell: (one) => amount(one.compliance, "share") },
        { head: "Budget left", cell: budget },
        { head: "Burn rate", kind: "number", cell: burn },
      ],
      items,
    ),
  ];
}

function budget({ budget_left: left }) {
  if (typeof left !== "number") return h("span", { class: "note" }, "no budget");
  return meter(left, amount(left, "share"), left <= 0 ? "bad" : left < 0.25 ? "warn" : "good");
}

/** Above 1 the budget is used up before its window ends. */
function burn({ burn_rate: rate }) {
  if (typeof rate !== "number") return "–";
  return rate > 1 ? mark(rate > 2 ? "bad" : "warn", `${number(rate)} ×`) : `${number(rate)} ×`;
}

function figures(found) {
  const list =
    found.items ??
    found.figures ??
    Object.entries(found)
      .filter(([, value]) => typeof value === "number")
      .map(([metric, value]) => ({ metric, value }));
  if (!list.length) return empty("Nothing was measured in this window.", "Choose a longer one above.");
  return table(
    "Figures of the window",
    [
      { head: "Figure", kind: "first", cell: (one) => spoken(one.metric ?? one.name) },
      { head: "Value", kind: "number", cell: (one) => amount(one.value, one.unit) },
      {
        head: "Course",
        cell: (one) => (one.series?.length > 1 ? sparkline(one.series) : h("span", { class: "note" }, "–")),
      },
    ],
    list,
  );
}
