// The tuner: settings within their bounds, what it decided and from which inputs, and what it advises.
import { get } from "../api.js";
import { ask, toast } from "../dialog.js";
import { h, say } from "../dom.js";
import { panel } from "../panel.js";
import { empty, mark, pairs, table, time } from "../parts.js";
import { change, signedIn } from "../session.js";
import { duration, number } from "../words.js";

export const title = () => "Tuner";

export function show(frame) {
  const section = panel(frame, {
    name: "tuner",
    types: ["setting.", "cycle.completed"],
    load: (signal) => get("tuning", {}, signal),
    draw: (found) => drawn(found, section),
  });
  return section;
}

const part = (name, ...content) => h("section", { class: "part" }, h("h2", {}, name), content);
const shown = (value) => (typeof value === "number" ? number(value) : (value ?? "–"));

function drawn(found, section) {
  return [
    standing(found, section),
    part("Advice", advice(found.recommendations)),
    part("Settings", settings(found.settings)),
    part("Decisions", decisions(found.decisions)),
  ];
}

function standing({ adaptive, why_off: why, target_s: target, p95_s: p95, cycles }, section) {
  const press = () => toggle(!adaptive, section);
  return [
    h(
      "div",
      { class: "notice" },
      h(
        "p",
        {},
        adaptive ? mark("good", "tuning") : mark("dim", "not tuning"),
        adaptive ? " Settings follow what is measured." : ` Settings stay as they are${why ? `: ${why}` : ""}.`,
      ),
      h(
        "button",
        { type: "button", "data-key": "adaptive", on: { click: press } },
        adaptive ? "Stop tuning" : "Start tuning",
      ),
    ),
    pairs([
      ["Target of a cycle, 95th percentile", duration(target)],
      ["Measured", p95 === null ? "nothing yet" : duration(p95)],
      ["Cycles that it looks at", number(cycles)],
    ]),
  ];
}

function advice(list) {
  if (!list.length) return empty("There is nothing to advise.", "Advice comes once enough cycles were measured.");
  const line = (one) =>
    h(
      "li",
      {},
      one.severity === "warning" && [mark("warn", "warning"), " "],
      one.text,
      one.evidence.length > 0 && h("div", { class: "note" }, one.evidence.join(" · ")),
    );
  return h("ul", { class: "advice" }, list.map(line));
}

function settings(list) {
  if (!list.length) return empty("No setting is tuned.");
  const columns = [
    { head: "Setting", kind: "first", cell: (one) => one.name },
    { head: "Now", kind: "number", cell: (one) => shown(one.value) },
    { head: "Least", kind: "number", cell: (one) => shown(one.least) },
    { head: "Most", kind: "number", cell: (one) => shown(one.most) },
    { head: "Chosen by", cell: (one) => one.fixed ?? "the tuner" },
  ];
  return table("Settings and their bounds", columns, list);
}

function decisions(list) {
  if (!list.length) return empty("Nothing was decided yet.", "Each change of a setting shows here, with its inputs.");
  const columns = [
    { head: "Setting", kind: "first", cell: (one) => one.setting },
    { head: "At", kind: "plain", cell: (one) => time(one.at) },
    { head: "Change", kind: "plain", cell: (one) => `${shown(one.before)} → ${shown(one.after)}` },
    { head: "Because", kind: "long", cell: (one) => [one.reason, h("div", { class: "note" }, inputs(one))] },
  ];
  return table("Decisions, the newest first", columns, list);
}

function inputs(one) {
  const known = [
    ["95th percentile", one.p95_s],
    ["work that waited", one.waiting_s],
    ["time left", one.left_s],
  ].filter(([, value]) => value !== null && value !== undefined);
  return known.map(([name, value]) => `${name} ${duration(value)}`).join(" · ");
}

async function toggle(adaptive, section) {
  if (!(await signedIn("Tuning is switched with a token of the role admin."))) return;
  const [verb, told] = adaptive ? ["Start", "Tuning is on"] : ["Stop", "Tuning is off"];
  const done = await ask({
    title: `${verb} tuning`,
    verb,
    body: h(
      "p",
      {},
      adaptive
        ? "Workers, chunks and waits follow what is measured, within their bounds."
        : "The tuner changes nothing any more until it is started again.",
    ),
    act: () => change("tuning", { adaptive }),
  });
  if (!done) return;
  toast(told);
  say(told);
  section.again();
}
