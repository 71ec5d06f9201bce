// Releases: what stands, what stood, two against each other, and the way back.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, field, link, mark, table, time } from "../parts.js";
import { to, toRelease } from "../routes.js";
import { resume, rollback } from "../rollback.js";
import { pages } from "./cycles.js";
import { environmentField } from "./environments.js";

const LIMIT = 50;

export const title = () => "Releases";

export function show(frame) {
  const { place } = frame;
  let environment = place.query.get("environment");
  return [
    h(
      "form",
      { class: "filters", "aria-label": "Filter releases", on: { submit: (event) => event.preventDefault() } },
      environmentField(frame, { any: false }),
    ),
    panel(frame, {
      name: "releases",
      types: ["release.", "rollback.", "cycle.completed"],
      load: async (signal) => {
        const status = await get("status", {}, signal);
        environment ??= status.environments[0]?.name;
        if (!environment) return { items: [], next: null };
        const found = await get("releases", { environment, before: place.query.get("before"), limit: LIMIT }, signal);
        return { ...found, standing: status.environments.find((one) => one.name === environment) };
      },
      draw: (found) => drawn(found, environment, place),
    }),
  ];
}

/** The mark of where a release stands. */
export function standing(one, current) {
  if (one.state === "bad") return mark("bad", "rolled back from");
  if (one.state === "deploying") return mark("busy", "deploying");
  const word = one.number === current ? "current" : "earlier";
  return [
    mark(one.number === current ? "good" : "dim", word),
    one.complete === false && [" ", mark("warn", "incomplete")],
  ];
}

function drawn({ items, next, standing: stands }, environment, place) {
  if (!items.length)
    return empty("There is no release yet.", "Run ", h("code", {}, "regen apply"), "; its first release shows here.");
  const current = stands?.release ?? items[0].number;
  const held = stands?.held || stands?.frozen;
  return [
    held &&
      h(
        "div",
        { class: "notice" },
        h(
          "p",
          {},
          mark("warn", stands.frozen ? "frozen" : "held"),
          " No cycle releases here until somebody says go on.",
        ),
        h(
          "button",
          { type: "button", "data-key": "resume", on: { click: () => resume(environment) } },
          `Resume ${environment}`,
        ),
      ),
    compareForm(items, environment, current),
    table(`Releases of ${environment}, the newest first`, columns(environment, current), items),
    pages(place, next),
  ];
}

function columns(environment, current) {
  const files = (one) => `+${one.created ?? 0} ~${one.updated ?? 0} ±${one.merged ?? 0} −${one.deleted ?? 0}`;
  return [
    {
      head: "Release",
      kind: "first",
      cell: (one) => [
        link(toRelease(environment, one.number), `${one.number}`),
        one.version && h("span", { class: "note" }, ` ${one.version}`),
      ],
    },
    { head: "State", kind: "plain", cell: (one) => standing(one, current) },
    { head: "At", kind: "plain", cell: (one) => time(one.at) },
    {
      head: "Files",
      kind: "number",
      cell: (one) => h("span", { title: "created, updated, merged, deleted" }, files(one)),
    },
    {
      head: "Because",
      kind: "long",
      cell: (one) => [
        one.note || "–",
        one.restores && h("span", { class: "note" }, ` brought back release ${one.restores}`),
      ],
    },
    {
      head: "Way back",
      kind: "act",
      cell: (one) =>
        one.number === current || one.state !== "deployed"
          ? h("span", { class: "note" }, "–")
          : h(
              "button",
              {
                type: "button",
                "data-key": `rollback-${one.number}`,
                "aria-label": `Roll back to release ${one.number}`,
                on: { click: () => rollback(environment, current, one.number) },
              },
              "Roll back",
            ),
    },
  ];
}

function compareForm(items, environment, current) {
  const choice = (name, chosen) =>
    h(
      "select",
      { name, "data-key": `compare-${name}` },
      items.map((one) =>
        h(
          "option",
          { value: one.number, selected: one.number === chosen },
          `${one.number}${one.version ? ` (${one.version})` : ""}`,
        ),
      ),
    );
  const before = items.find((one) => one.number < current)?.number ?? current;
  return h(
    "form",
    {
      class: "filters",
      "aria-label": "Compare two releases",
      on: {
        submit: (event) => {
          event.preventDefault();
          const { from, to: until } = event.target.elements;
          location.hash = to(`compare/${encodeURIComponent(environment)}`, { from: from.value, to: until.value });
        },
      },
    },
    field("From", choice("from", before)),
    field("To", choice("to", current)),
    h("button", { type: "submit" }, "Compare"),
  );
}
