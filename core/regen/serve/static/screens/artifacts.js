// Artifacts: found by name, a page at a time; the server keeps the list.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, field, link, mark, table } from "../parts.js";
import { to, toArtifact, toNode } from "../routes.js";
import { bare, number, term } from "../words.js";
import { pages } from "./cycles.js";
import { environmentField, names } from "./environments.js";

const LIMIT = 100;
const TONES = { ok: "good", conflict: "bad", orphan: "warn", deleted: "dim", stale: "busy" };

export const title = () => "Artifacts";

export function show(frame) {
  const { place } = frame;
  const asked = { environment: "", q: "", before: "", ...Object.fromEntries(place.query) };
  const box = h("input", {
    type: "search",
    id: "artifact-search",
    value: asked.q,
    placeholder: "Part of a path, a template or a key",
    autocomplete: "off",
    spellcheck: "false",
  });
  const section = panel(frame, {
    name: "artifacts",
    types: asked.before ? [] : ["release.", "conflict."],
    load: async (signal) => {
      asked.environment ||= (await names(signal))[0] ?? "";
      return get("artifacts", { ...asked, limit: LIMIT }, signal);
    },
    draw: (found) => drawn(found, asked),
  });
  const look = searching(box, asked, section);
  const submit = (event) => {
    event.preventDefault();
    look();
  };
  const form = { class: "filters", role: "search", "aria-label": "Find artifacts", on: { submit } };
  return [h("form", form, field("Find", box), environmentField(frame, { any: false })), section];
}

/** Look for what is in the box, a moment after the last key: the list is asked anew, the box stays as it is. */
function searching(box, asked, section) {
  let waiting = 0;
  const look = () => {
    clearTimeout(waiting);
    const q = box.value.trim();
    if (q === asked.q) return;
    Object.assign(asked, { q, before: "" });
    history.replaceState(null, "", to("artifacts", asked));
    section.again();
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 200);
  });
  return look;
}

/** The mark of where an artifact stands. */
export const standing = (state, edited) => [
  mark(TONES[state] ?? "dim", state),
  edited && [" ", mark("change", "edited by hand")],
];

function drawn({ items, next }, asked) {
  if (!items.length) {
    return asked.q
      ? empty(`Nothing holds “${asked.q}”.`, link("#/artifacts", "Show all artifacts"), ".")
      : empty("Nothing was generated yet.", "Run ", h("code", {}, "regen apply"), ".");
  }
  return [
    table(
      "Artifacts by path",
      [
        { head: "Path", kind: "first", cell: (one) => link(toArtifact(asked.environment, one.path), one.path) },
        { head: "State", kind: "plain", cell: (one) => standing(one.state ?? "ok", one.edited) },
        { head: "Template", kind: "plain", cell: (one) => one.template },
        {
          head: "Key",
          cell: (one) => (/^</.test(one.key ?? "") ? link(toNode(bare(one.key)), term(one.key)) : term(one.key)),
        },
        { head: "Release", kind: "number minor", cell: (one) => number(one.release) },
      ],
      items,
    ),
    pages({ path: "artifacts", query: new URLSearchParams(asked) }, next),
  ];
}
