// Cycles: a timeline in which the slow and the failed stand out, and the same as a table.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, field, link, mark, select, table, time } from "../parts.js";
import { filter, to, toCycle, toRelease } from "../routes.js";
import { judged, slowFrom, timeline } from "../timeline.js";
import { duration, number } from "../words.js";
import { environmentField } from "./environments.js";

const LIMIT = 120;
const RESULTS = [
  ["", "any"],
  ["success", "succeeded"],
  ["failure", "failed"],
  ["error", "error"],
  ["cancellation", "cancelled"],
  ["skip", "skipped"],
];
const SINCE = [
  ["", "ever"],
  ["3600", "last hour"],
  ["86400", "last day"],
  ["604800", "last week"],
];

export const title = () => "Cycles";

export function show(frame) {
  const { place } = frame;
  const query = Object.fromEntries(place.query);
  const since = query.window ? Date.now() / 1000 - Number(query.window) : null;
  const asked = { environment: query.environment, result: query.result, before: query.before, since, limit: LIMIT };
  return [
    h(
      "form",
      { class: "filters", "aria-label": "Filter cycles", on: { submit: (event) => event.preventDefault() } },
      environmentField(frame),
      field(
        "Result",
        select("filter-result", RESULTS, query.result, (value) => filter(place, { result: value, before: "" })),
      ),
      field(
        "Since",
        select("filter-since", SINCE, query.window, (value) => filter(place, { window: value, before: "" })),
      ),
    ),
    panel(frame, {
      name: "cycles",
      load: (signal) => get("cycles", asked, signal),
      draw: (found) => drawn(found, place),
      types: query.before ? [] : ["cycle.completed", "cycle.failed"],
    }),
  ];
}

function drawn({ items, next }, place) {
  if (!items.length) {
    return place.query.size
      ? empty("No cycle fits these filters.", link("#/cycles", "Show all cycles"), ".")
      : empty("No cycle has run yet.", "Start one with ", h("code", {}, "regen apply"), ".");
  }
  const slow = slowFrom(items);
  return [
    timeline(items),
    table("Cycles, the newest first", columns(slow), items, {
      seen: false,
      row: (one) => ({ class: judged(one, slow)[0] === "bad" ? "stands-out" : null }),
    }),
    pages(place, next),
  ];
}

function columns(slow) {
  return [
    { head: "Cycle", kind: "first short", cell: (one) => link(toCycle(one.number), `${one.number}`) },
    { head: "Result", kind: "plain", cell: (one) => mark(...judged(one, slow)) },
    { head: "Took", kind: "number plain", cell: (one) => duration(one.duration_s) },
    { head: "At", kind: "plain", cell: (one) => time(one.at) },
    { head: "Environment", kind: "minor", cell: (one) => one.environment },
    { head: "Files", kind: "number minor", cell: (one) => number(one.counts?.files) },
    { head: "Triples", kind: "number minor", cell: (one) => number(one.counts?.triples) },
    {
      head: "Release",
      kind: "number minor",
      cell: (one) => (one.release ? link(toRelease(one.environment, one.release), `${one.release}`) : "–"),
    },
    {
      head: "Because",
      kind: "long",
      cell: (one) => [one.trigger || one.kind, one.error && h("div", { class: "bad-text" }, one.error)],
    },
  ];
}

/** Links to older pages and back to the newest. */
export function pages(place, next) {
  const query = Object.fromEntries(place.query);
  return h(
    "nav",
    { class: "pages", "aria-label": "Pages" },
    query.before && link(to(place.path, { ...query, before: "" }), "← First page"),
    next !== null && next !== undefined && link(to(place.path, { ...query, before: next }), "Next page →"),
  );
}
