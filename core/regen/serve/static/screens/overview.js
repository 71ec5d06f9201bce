// Overview: what runs, where each environment stands, and what a person has to look at.
import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { panel } from "../panel.js";
import { empty, link, mark, sign, time } from "../parts.js";
import { to, toConflict, toRelease } from "../routes.js";
import { timeline } from "../timeline.js";
import { duration, number, plural, term } from "../words.js";
import { runningPanel } from "./running.js";
import { alertTone } from "./alerts.js";
import { FIGURES_MS, objectiveLines } from "./objectives.js";

const SHOWN = 8;

export const title = () => "Overview";

export function show(frame) {
  // Of the history as much as there is room for: a column takes six pixels at least.
  const room = Math.max(24, Math.min(120, Math.floor((document.getElementById("main").clientWidth - 80) / 8)));
  const ended = ["cycle.completed", "cycle.failed"];
  const parts = {
    cycles: panel(frame, {
      title: "Last cycles",
      name: "cycles",
      types: ended,
      tools: link("#/cycles", "All cycles"),
      load: (signal) => get("cycles", { limit: room }, signal),
      draw: cycles,
    }),
    objectives: panel(frame, {
      title: "Objectives",
      name: "objectives",
      types: [...ended, "monitoring."],
      every: FIGURES_MS,
      tools: link("#/objectives", "All figures"),
      load: (signal) => get("objectives", {}, signal),
      draw: objectiveLines,
    }),
    environments: panel(frame, {
      title: "Environments",
      name: "environments",
      draw: environments,
      types: [...ended, "release.", "rollback.", "conflict."],
      load: (signal) => get("status", {}, signal),
    }),
    conflicts: panel(frame, {
      title: "Open conflicts",
      name: "conflicts",
      types: ["conflict."],
      draw: conflicts,
      tools: link("#/conflicts", "All conflicts"),
      load: (signal) => get("conflicts", {}, signal),
    }),
    alerts: panel(frame, {
      title: "Alerts",
      name: "alerts",
      types: ["monitoring."],
      tools: link("#/alerts", "All alerts"),
      load: (signal) => get("alerts", {}, signal),
      draw: alerts,
    }),
  };
  return [
    h(
      "div",
      { class: "columns" },
      h("div", { class: "column" }, runningPanel(frame), parts.cycles, parts.objectives),
      h("div", { class: "column narrow" }, parts.environments, parts.conflicts, parts.alerts),
    ),
    happenings(frame),
  ];
}

function cycles({ items }) {
  if (!items.length)
    return empty(
      "No cycle has run yet.",
      "Start one with ",
      h("code", {}, "regen apply"),
      ", or save a graph while ",
      h("code", {}, "regen watch"),
      " runs.",
    );
  return timeline(items, { label: "The last cycles, oldest first", small: true });
}

function environments({ environments: list, revision }) {
  if (!list?.length) return empty("No environment has a release yet.", "Run ", h("code", {}, "regen apply"), ".");
  return [
    h("ul", { class: "cards" }, list.map(environment)),
    h("p", { class: "note" }, `graph at revision ${number(revision)}`),
  ];
}

function environment(one) {
  const name = one.name ?? one.environment;
  return h(
    "li",
    { class: "card" },
    h("div", { class: "card-head" }, h("strong", {}, name), h("span", { class: "note" }, one.deployer)),
    h(
      "div",
      {},
      one.release ? link(toRelease(name, one.release), `release ${one.release}`) : "no release",
      one.version && h("span", { class: "note" }, ` ${one.version}`),
      h("span", { class: "note" }, ` · ${plural(one.artifacts ?? 0, "file")}`),
    ),
    h("div", { class: "marks" }, standing(one, name)),
  );
}

/** What is not as it should be; one mark says that all is well. */
function standing(one, name) {
  const found = [
    one.frozen && mark("bad", "frozen"),
    one.held && mark("warn", "held"),
    one.incomplete && mark("warn", "incomplete"),
    one.conflicts > 0 &&
      h(
        "a",
        { href: to("conflicts", { environment: name }), "data-key": `conflicts-${name}` },
        mark("bad", plural(one.conflicts, "conflict")),
      ),
    one.stale > 0 && mark("busy", `${number(one.stale)} stale`),
  ].filter(Boolean);
  return found.length ? found : mark("good", "in step");
}

function conflicts({ items }) {
  if (!items.length) return h("p", {}, mark("good", "none is open"));
  return h(
    "ul",
    { class: "lines" },
    items
      .slice(0, SHOWN)
      .map((one) =>
        h(
          "li",
          {},
          sign("bad"),
          " ",
          link(toConflict(one.environment, one.path), one.path),
          h("span", { class: "note" }, ` ${one.message ?? ""}`),
        ),
      ),
  );
}

function alerts({ items }) {
  const open = items.filter((one) => !one.recovered);
  if (!open.length) return h("p", {}, mark("good", "none is open"));
  return h(
    "ul",
    { class: "lines" },
    open
      .slice(0, SHOWN)
      .map((one) =>
        h(
          "li",
          {},
          mark(alertTone(one), one.severity),
          " ",
          one.message,
          h("span", { class: "note" }, " · ", time(one.since ?? one.at, { relative: true })),
        ),
      ),
  );
}

const TONES = [
  [/failed|unreadable|alert|opened|mismatch/, "bad"],
  [/started/, "busy"],
  [/^(node|edge|setting)/, "change"],
  [/./, "good"],
];

const TOLD = /^(?!stage\.)/; // stages show above, as they run

/** The last events of the bus; those that come by the stream are put on top at once, without asking. */
function happenings(frame) {
  let shown = [];
  const section = panel(frame, {
    title: "Events",
    name: "events",
    load: (signal) => get("events", { limit: 12 }, signal),
    draw: ({ items }) => {
      shown = merged(
        shown,
        items.map((event) => ({ ...event, at: event.at ?? Date.parse(event.time) / 1000 })),
      );
      return drawn();
    },
  });
  const drawn = () =>
    shown.length
      ? h("ol", { class: "events" }, shown.map(happening))
      : empty("Nothing has happened yet.", "Events of cycles, releases and the graph show here as they come.");
  frame.hear([""], (event) => {
    if (!TOLD.test(event.type)) return;
    shown = merged(shown, [event]);
    swap(section.querySelector(".panel-body"), drawn());
  });
  return section;
}

function merged(one, other) {
  const known = new Map([...one, ...other].map((event) => [event.id ?? `${event.type}${event.at}`, event]));
  // The history lists the oldest first; of those of one moment the last one stands on top.
  return [...known.values()]
    .reverse()
    .sort((a, b) => b.at - a.at)
    .slice(0, 12);
}

function happening(event) {
  const tone = TONES.find(([pattern]) => pattern.test(event.type))[1];
  return h(
    "li",
    { "data-event": event.id },
    time(event.at),
    " ",
    sign(tone),
    " ",
    h("span", { class: "kind" }, event.type),
    " ",
    h("span", { class: "what" }, words(event)),
  );
}

/** What an event says, in one line; each type of the bus has its own fields. */
export function words({ type, data = {} }) {
  const place = data.environment ?? data.path ?? "";
  switch (type) {
    case "cycle.completed":
      return `${place}: ${plural(data.written ?? 0, "file")} in ${duration(data.duration_s)}`;
    case "release.deployed":
      return [link(toRelease(place, data.number), `${place} release ${data.number}`), ` ${counted(data)}`];
    case "rollback.completed":
      return [link(toRelease(place, data.release), `${place} release ${data.release}`), ` ${data.because ?? ""}`];
    case "conflict.opened":
      return [link(toConflict(place, data.path), data.path), ` ${data.message ?? ""}`];
    case "conflict.resolved":
      return `${data.path}: ${data.how}`;
    case "setting.changed":
      return `${data.name}: ${data.old} → ${data.new}`;
    case "bus.overflow":
      return `${number(data.dropped)} changes at once`;
    default:
      return data.subject ? term(data.subject) : `${place} ${data.message ?? data.because ?? ""}`;
  }
}

const counted = (data) => `+${data.created ?? 0} ~${data.updated ?? 0} ±${data.merged ?? 0} −${data.deleted ?? 0}`;
