// Open conflicts: what a person has to settle.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { because, empty, link, mark, table, time } from "../parts.js";
import { toConflict } from "../routes.js";
import { plural, spoken } from "../words.js";
import { environmentField } from "./environments.js";

export const title = () => "Conflicts";

export function show(frame) {
  const environment = frame.place.query.get("environment");
  return [
    h(
      "form",
      { class: "filters", "aria-label": "Filter conflicts", on: { submit: (event) => event.preventDefault() } },
      environmentField(frame),
    ),
    panel(frame, {
      name: "conflicts",
      types: ["conflict.", "release.", "rollback."],
      load: (signal) => get("conflicts", { environment }, signal),
      draw: drawn,
    }),
  ];
}

function drawn({ items }) {
  if (!items.length)
    return empty(
      [mark("good", "no conflict is open")],
      "When a template and a person change the same lines, the file shows here with all its sides.",
    );
  return [
    h("p", { class: "note" }, `${plural(items.length, "file")} to settle; the files on disk are as people left them.`),
    table(
      "Open conflicts",
      [
        { head: "File", kind: "first", cell: (one) => link(toConflict(one.environment, one.path), one.path) },
        { head: "Kind", kind: "plain", cell: (one) => mark("bad", spoken(one.kind)) },
        { head: "Environment", kind: "minor", cell: (one) => one.environment },
        { head: "Since", kind: "minor", cell: (one) => time(one.at, { relative: true }) },
        { head: "What", kind: "long", cell: (one) => one.message },
        { head: "The template changed because", kind: "long", cell: (one) => because(one.because) },
      ],
      items,
    ),
  ];
}
