// Artifacts: found by name, a page at a time; the server keeps the list.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, field, link, mark, table } from "../parts.js";
import { filter, toArtifact, toNode } from "../routes.js";
import { bare, number, term } from "../words.js";
import { pages } from "./cycles.js";
import { environmentField } from "./environments.js";

const LIMIT = 100;
const TONES = { ok: "good", conflict: "bad", orphan: "warn", deleted: "dim", stale: "busy" };

export const title = () => "Artifacts";

export function show(frame) {
  const { place } = frame;
  const query = Object.fromEntries(place.query);
  const box = h("input", {
    type: "search",
    id: "artifact-search",
    value: query.q ?? "",
    placeholder: "Part of a path",
    autocomplete: "off",
    spellcheck: "false",
  });
  let waiting = 0;
  const look = () => {
    clearTimeout(waiting);
    if (box.value.trim() !== (query.q ?? "")) filter(place, { q: box.value.trim(), before: "" });
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 250);
  });
  return [
    h(
      "form",
      {
        class: "filters",
        role: "search",
        "aria-label": "Find artifacts",
        on: {
          submit: (event) => {
            event.preventDefault();
            look();
          },
        },
      },
      field("Find", box),
      environmentField(frame),
    ),
    panel(frame, {
      name: "artifacts",
      types: query.before ? [] : ["release.", "conflict."],
      load: (signal) =>
        get("artifacts", { environment: query.environment, q: query.q, before: query.before, limit: LIMIT }, signal),
      draw: (found) => drawn(found, place),
    }),
  ];
}

/** The mark of where an artifact stands. */
export const standing = (state, edited) => [
  mark(TONES[state] ?? "dim", state),
  edited && [" ", mark("change", "edited by hand")],
];

function drawn({ items, next }, place) {
  if (!items.length) {
    return place.query.get("q")
      ? empty(`No path holds “${place.query.get("q")}”.`, link("#/artifacts", "Show all artifacts"), ".")
      : empty("Nothing was generated yet.", "Run ", h("code", {}, "regen apply"), ".");
  }
  return [
    table(
      "Artifacts by path",
      [
        { head: "Path", kind: "first", cell: (one) => link(toArtifact(one.environment, one.path), one.path) },
        { head: "State", cell: (one) => standing(one.state ?? "ok", one.edited) },
        { head: "Environment", kind: "minor", cell: (one) => one.environment },
        { head: "Template", cell: (one) => one.template },
        {
          head: "Key",
          cell: (one) =>
            one.key && /^<|^\w+:/.test(one.key) ? link(toNode(bare(one.key)), term(one.key)) : term(one.key),
        },
        { head: "Release", kind: "number minor", cell: (one) => number(one.release) },
      ],
      items,
    ),
    pages(place, next),
  ];
}
