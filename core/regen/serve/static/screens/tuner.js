// The tuner: settings within their bounds, what it decided and from which inputs, and what it advises.
import { get } from "../api.js";
import { ask, toast } from "../dialog.js";
import { h, say } from "../dom.js";
import { panel } from "../panel.js";
import { empty, mark, table, time } from "../parts.js";
import { change, signedIn } from "../session.js";
import { amount } from "../words.js";

export const title = () => "Tuner";

export function show(frame) {
  const section = panel(frame, {
    name: "tuner",
    types: ["setting.", "cycle.completed"],
    load: (signal) => get("tuning", {}, signal),
    draw: (found) => drawn(found, () => section.again()),
  });
  return section;
}

const part = (name, ...content) => h("section", { class: "part" }, h("h2", {}, name), content);

function drawn(found, again) {
  const settings = Array.isArray(found.settings)
    ? found.settings
    : Object.entries(found.settings ?? {}).map(([name, value]) => ({ name, value, ...bounds(found, name) }));
  return [
    h(
      "div",
      { class: "notice" },
      h(
        "p",
        {},
        found.adaptive ? mark("good", "tuning") : mark("dim", "not tuning"),
        found.adaptive ? " Settings follow what is measured." : " Settings stay as the configuration says.",
      ),
      h(
        "button",
        { type: "button", "data-key": "adaptive", on: { click: () => toggle(!found.adaptive, again) } },
        found.adaptive ? "Stop tuning" : "Start tuning",
      ),
    ),
    part("Advice", advice(found.recommendations ?? [])),
    part(
      "Settings",
      settings.length
        ? table(
            "Settings and their bounds",
            [
              { head: "Setting", kind: "first", cell: (one) => one.name },
              { head: "Now", kind: "number", cell: (one) => shown(one.value) },
              { head: "Least", kind: "number", cell: (one) => shown(one.minimum ?? one.least ?? one.low) },
              { head: "Most", kind: "number", cell: (one) => shown(one.maximum ?? one.most ?? one.high) },
            ],
            settings,
          )
        : empty("No setting is tuned."),
    ),
    part("Decisions", decisions(found.decisions ?? [])),
  ];
}

function bounds({ bounds: known = {} }, name) {
  const found = known[name] ?? {};
  return Array.isArray(found) ? { minimum: found[0], maximum: found[1] } : found;
}

const shown = (value) =>
  value === null || value === undefined ? "–" : typeof value === "number" ? amount(value) : String(value);

function advice(list) {
  if (!list.length) return empty("There is nothing to advise.", "Advice comes once enough cycles were measured.");
  return h(
    "ul",
    { class: "advice" },
    list.map((one) =>
      h(
        "li",
        {},
        typeof one === "string" ? one : [one.text ?? one.message, one.way && h("div", { class: "note" }, one.way)],
      ),
    ),
  );
}

function decisions(list) {
  if (!list.length) return empty("Nothing was decided yet.", "Each change of a setting shows here, with its inputs.");
  return table(
    "Decisions, the newest first",
    [
      { head: "Setting", kind: "first", cell: (one) => one.name ?? one.setting },
      { head: "At", cell: (one) => time(one.at) },
      { head: "Change", cell: (one) => `${shown(one.old ?? one.before)} → ${shown(one.new ?? one.after)}` },
      { head: "Because", kind: "long", cell: (one) => [one.because, inputs(one.inputs)] },
    ],
    list,
  );
}

function inputs(given) {
  if (!given || typeof given !== "object") return null;
  const list = Array.isArray(given)
    ? given.map((one) => (Array.isArray(one) ? one : [one.name, one.value]))
    : Object.entries(given);
  return h("div", { class: "note" }, list.map(([name, value]) => `${name} ${shown(value)}`).join(" · "));
}

async function toggle(adaptive, again) {
  if (!(await signedIn("Tuning is switched with a token of the role admin."))) return;
  const done = await ask({
    title: adaptive ? "Start tuning" : "Stop tuning",
    verb: adaptive ? "Start" : "Stop",
    body: h(
      "p",
      {},
      adaptive
        ? "Workers, chunks and waits follow what is measured, within their bounds."
        : "Settings go back to those of the configuration.",
    ),
    act: () => change("tuning", { adaptive }),
  });
  if (!done) return;
  toast(adaptive ? "Tuning is on" : "Tuning is off");
  say(adaptive ? "Tuning is on" : "Tuning is off");
  again();
}
