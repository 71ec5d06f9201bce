// The graph around one node, and the files that hang on it: a picture that one walks, and the same as tables.
import { get } from "../api.js";
import { h, say, swap } from "../dom.js";
import { panel } from "../panel.js";
import { empty, field, link, mark, select, table } from "../parts.js";
import { picture } from "../picture.js";
import { filter, toArtifact, toCycle, toNode } from "../routes.js";
import { bare, plural, term } from "../words.js";

const LIMIT = 60;
const DEPTHS = [
  ["1", "1 step"],
  ["2", "2 steps"],
];

export const title = ({ query }) => (query.get("node") ? `Graph around ${term(query.get("node"))}` : "Graph");

export function show(frame) {
  const { place } = frame;
  const node = place.query.get("node");
  return [
    search(frame),
    node
      ? panel(frame, {
          name: "graph",
          load: (signal) => get("graph", { node, depth: place.query.get("depth") ?? 1, limit: LIMIT }, signal),
          draw: (found) => drawn(found, place),
          types: ["node.", "edge."],
        })
      : panel(frame, {
          title: "Changed last",
          name: "changed",
          load: (signal) => get("events", { type: "node.*", limit: 20 }, signal),
          draw: changed,
          types: ["node."],
        }),
  ];
}

/** A search by label or IRI; what is found is listed below the field as one types. */
function search(frame) {
  const { place } = frame;
  const found = h("div", { class: "found" });
  const box = h("input", {
    type: "search",
    id: "graph-search",
    placeholder: "Label or IRI",
    autocomplete: "off",
    spellcheck: "false",
  });
  let waiting = 0;
  const look = async () => {
    const q = box.value.trim();
    if (q.length < 2) return swap(found);
    try {
      const { items } = await get("graph/search", { q, limit: 12 }, frame.left);
      if (q !== box.value.trim()) return null;
      say(plural(items.length, "node"));
      return swap(
        found,
        items.length
          ? h(
              "ul",
              { class: "lines" },
              items.map((one) =>
                h(
                  "li",
                  {},
                  link(toNode(bare(one.id)), one.label || term(one.id)),
                  h("span", { class: "note" }, ` ${bare(one.id)}`),
                ),
              ),
            )
          : empty(`Nothing is called “${q}”.`, "Try a part of its label or of its IRI."),
      );
    } catch (error) {
      return error.name === "AbortError" ? null : swap(found, empty(error.message, error.hint));
    }
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 150);
  });
  return h(
    "div",
    {},
    h(
      "form",
      {
        class: "filters",
        role: "search",
        "aria-label": "Find a node",
        on: {
          submit: (event) => {
            event.preventDefault();
            look();
          },
        },
      },
      field("Find a node", box),
      place.query.get("node") &&
        field(
          "Around it",
          select("graph-depth", DEPTHS, place.query.get("depth") ?? "1", (depth) => filter(place, { depth })),
        ),
    ),
    found,
  );
}

function changed({ items }) {
  const nodes = new Map(items.filter((event) => event.data?.subject).map((event) => [event.data.subject, event]));
  if (!nodes.size) return empty("No change of the graph is in the history.", "Search for a node above.");
  return h(
    "ul",
    { class: "lines" },
    [...nodes].map(([subject, event]) =>
      h(
        "li",
        {},
        mark("change", event.type.split(".")[1]),
        " ",
        link(toNode(bare(subject)), term(subject)),
        h("span", { class: "note" }, ` ${bare(subject)}`),
      ),
    ),
  );
}

function drawn(found, place) {
  const asked = bare(place.query.get("node"));
  const centre = found.nodes.find((one) => bare(one.id) === asked);
  if (!centre || found.known === false)
    return empty("The graph has no such node.", "It may have been removed: search for another one above.");
  const cycle = place.query.get("cycle");
  const names = new Map(found.nodes.map((one) => [one.id, one.label || term(one.id)]));
  const depth = place.query.get("depth") ?? "";
  return [
    cycle && h("p", { class: "note" }, "Seen from ", link(toCycle(cycle), `cycle ${cycle}`)),
    h(
      "p",
      { class: "lead" },
      h("code", {}, bare(centre.id)),
      " ",
      centre.changed && mark("change", "changed last"),
      centre.types?.length > 0 && h("span", { class: "note" }, ` is a ${centre.types.map(term).join(", ")}`),
    ),
    found.cut && h("p", { class: "note" }, "There is more around it than is shown here."),
    picture(found, centre, {
      toNode: (id) => toNode(bare(id), { depth }),
      toFile: (file) => toArtifact(file.environment, file.path),
    }),
    h("section", { class: "part" }, h("h2", {}, "The same as a list"), edges(found, names, depth), files(found)),
  ];
}

function edges({ edges: list, nodes }, names, depth) {
  const kinds = new Map(nodes.map((one) => [one.id, one.kind]));
  const name = (id) =>
    kinds.get(id) === "literal"
      ? (names.get(id) ?? term(id))
      : link(toNode(bare(id), { depth }), names.get(id) ?? term(id));
  if (!list.length) return empty("Nothing links to this node, and it links to nothing.");
  return table(
    `Edges, ${list.length}`,
    [
      { head: "From", kind: "first", cell: (one) => name(one.source) },
      { head: "By", cell: (one) => one.label || term(one.predicate) },
      { head: "To", cell: (one) => name(one.target) },
    ],
    list,
    { seen: true },
  );
}

function files({ files: list }) {
  if (!list?.length) return empty("No file hangs on this node.", "No template has it as a key.");
  return table(
    `Files that hang on it, ${list.length}`,
    [
      { head: "File", kind: "first", cell: (one) => link(toArtifact(one.environment, one.path), one.path) },
      { head: "Environment", cell: (one) => one.environment },
      { head: "Template", cell: (one) => one.template },
      { head: "Key", kind: "minor", cell: (one) => term(one.key) },
    ],
    list,
    { seen: true },
  );
}
