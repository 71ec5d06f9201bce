// Two releases against each other: files, interface, figures, and whether the newer one is ready.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, link, mark, table } from "../parts.js";
import { to, toRelease } from "../routes.js";
import { amount, plural, term } from "../words.js";

const READY = { ready: "good", "not ready": "bad", inconclusive: "warn" };
const KIND = { added: ["good", "added"], removed: ["warn", "removed"], changed: ["change", "changed"] };
const WAY = { better: "good", worse: "bad" };
const SHOWN = 300;

export const title = ({ parts, query }) => `Compare ${query.get("from")} → ${query.get("to")} in ${parts[0]}`;

export function show(frame) {
  const [environment] = frame.place.parts;
  const [from, until] = ["from", "to"].map((name) => frame.place.query.get(name));
  return panel(frame, {
    name: "compare",
    load: (signal) => get(`compare/${encodeURIComponent(environment)}`, { from, to: until }, signal),
    draw: (found) => drawn(found, environment),
  });
}

function drawn(found, environment) {
  return [
    h(
      "nav",
      { class: "pages", "aria-label": "Neighbours" },
      link(to("releases", { environment }), "All releases"),
      link(toRelease(environment, found.older.number), `Release ${found.older.number}`),
      link(toRelease(environment, found.newer.number), `Release ${found.newer.number}`),
    ),
    readiness(found.readiness),
    part(`Files`, files(found.files)),
    found.interface.length > 0 && part("Interface", interfaces(found)),
    found.features_added.length + found.features_removed.length > 0 && part("Features", features(found)),
    found.figures.length > 0 && part("Figures", figures(found.figures)),
    found.points.length > 0 &&
      part(
        "Could be better",
        h(
          "ul",
          {},
          found.points.map((point) =>
            h("li", {}, h("strong", {}, point.kind), ` ${point.text}. `, h("span", { class: "note" }, point.way)),
          ),
        ),
      ),
  ];
}

const part = (name, ...content) => h("section", { class: "part" }, h("h2", {}, name), content);

function readiness({ verdict, reasons, unmeasured }) {
  return h(
    "div",
    { class: "notice stacked" },
    h("p", {}, mark(READY[verdict] ?? "dim", verdict)),
    h(
      "ul",
      {},
      reasons.map((text) => h("li", {}, text)),
    ),
    unmeasured.length > 0 && h("p", { class: "note" }, `not measured: ${unmeasured.join(", ")}`),
  );
}

function files(list) {
  if (!list.length) return empty("No file differs.");
  return [
    h("p", { class: "note" }, plural(list.length, "file")),
    table(
      "Files that differ",
      [
        { head: "File", kind: "first", cell: (one) => one.path },
        { head: "Change", kind: "plain", cell: (one) => mark(...(KIND[one.kind] ?? ["dim", one.kind])) },
        { head: "Template", kind: "minor", cell: (one) => one.template },
        { head: "Because", kind: "long", cell: (one) => one.because ?? "it went with the later release" },
      ],
      list.slice(0, SHOWN),
    ),
    list.length > SHOWN &&
      h("p", { class: "note" }, `${plural(list.length - SHOWN, "more", "more")}: regen compare --all`),
  ];
}

function interfaces({ interface: list, suggests }) {
  return [
    suggests && h("p", {}, `asks for a ${suggests} version`),
    table(
      "Changes that programs see",
      [
        { head: "What", kind: "first", cell: (one) => `${one.what} ${one.symbol}` },
        { head: "Change", kind: "plain", cell: (one) => mark(...(KIND[one.kind] ?? ["dim", one.kind])) },
        { head: "Breaking", cell: (one) => (one.breaking ? mark("bad", "breaking") : mark("good", "not breaking")) },
        { head: "Place", kind: "minor", cell: (one) => (one.line ? `${one.path}:${one.line}` : one.path) },
        { head: "Because", kind: "long", cell: (one) => one.why || one.because || "–" },
      ],
      list.slice(0, SHOWN),
    ),
  ];
}

function features({ features_added: came, features_removed: went }) {
  const list = (mark_, all) =>
    all
      .slice(0, SHOWN)
      .map((one) =>
        h("li", {}, mark_(), " ", term(one.name), h("span", { class: "note" }, ` ${plural(one.files, "file")}`)),
      );
  return h(
    "ul",
    { class: "lines" },
    list(() => mark("good", "added"), came),
    list(() => mark("warn", "removed"), went),
  );
}

function figures(list) {
  return table(
    "Figures of both",
    [
      { head: "Figure", kind: "first", cell: (one) => one.name },
      { head: "Before", kind: "number", cell: (one) => amount(one.before, one.unit) },
      { head: "After", kind: "number", cell: (one) => amount(one.after, one.unit) },
      { head: "Direction", cell: (one) => mark(WAY[one.direction] ?? "dim", one.direction) },
    ],
    list,
  );
}
