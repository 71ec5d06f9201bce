// One artifact: its content, what people changed in it, and why it is what it is.
import { get, spelt } from "../api.js";
import { diffLines } from "../diff.js";
import { h, say } from "../dom.js";
import { toast } from "../dialog.js";
import { panel } from "../panel.js";
import { mark, choices, code, empty, link, pairs, table, because, trouble } from "../parts.js";
import { toArtifact, toConflict, toNode, toRelease } from "../routes.js";
import { change, signedIn } from "../session.js";
import { bare, number, plural, term } from "../words.js";
import { standing } from "./artifacts.js";

const WAYS = [
  ["content", "Content"],
  ["diff", "Diff"],
  ["why", "Why"],
];

export const title = ({ parts }) => parts.slice(1).join("/");

export function show(frame) {
  const [environment, ...rest] = frame.place.parts;
  const path = rest.join("/");
  const section = panel(frame, {
    name: "artifact",
    types: ["release.", "conflict."],
    load: (signal) => get(`artifacts/${encodeURIComponent(environment)}/${spelt(path)}`, {}, signal),
    draw: (found) => drawn(found, environment, path, frame.place.query.get("show") ?? "content"),
  });
  return [section, feedback(environment, path)];
}

function drawn(found, environment, path, shown) {
  return [
    pairs([
      ["State", standing(found.state ?? "ok", found.edited)],
      ["Environment", environment],
      ["Template", found.template],
      ["Key", found.key ? link(toNode(bare(found.key)), term(found.key)) : "none"],
      ["Release", found.release ? link(toRelease(environment, found.release), `${found.release}`) : "none"],
    ]),
    found.state === "conflict" && h("p", {}, link(toConflict(environment, path), "Settle its conflict")),
    choices(
      "What to show",
      WAYS.map(([name, text]) => [
        toArtifact(environment, path, { show: name === "content" ? "" : name }),
        text,
        name === shown,
      ]),
    ),
    { content, diff, why }[shown]?.(found) ?? content(found),
  ];
}

function content(found) {
  if (found.content === null || found.content === undefined)
    return empty("The file is not there, or is no text.", "Look into the folder of the environment.");
  if (found.content === "") return empty("The file is empty.");
  return [
    found.cut && h("p", {}, mark("warn", "The file is longer than what is shown.")),
    h("p", { class: "note" }, plural(found.content.replace(/\n$/, "").split("\n").length, "line")),
    numbered(found.content),
  ];
}

function numbered(text) {
  const lines = text.replace(/\n$/, "").split("\n");
  return h(
    "div",
    { class: "code numbered", tabindex: "0", role: "region", "aria-label": "Content", "data-scroll": "content" },
    h("pre", { class: "numbers", "aria-hidden": "true" }, lines.map((_, at) => at + 1).join("\n")),
    h("pre", {}, h("code", {}, text)),
  );
}

function diff(found) {
  if (found.edited && !found.diff) return empty("The two are too long to be compared here.", "Compare them with git.");
  if (!found.diff) return empty("The file on disk is what regen wrote.", "An edit by hand would show here.");
  return [
    h("p", { class: "note" }, "From the last render to the file on disk: what people changed."),
    diffLines(found.diff, "What people changed"),
  ];
}

function why(found) {
  const told = found.why ?? {};
  return [
    h("h2", {}, "What made it change last"),
    h("p", {}, because(told.because)),
    h("h2", {}, "What its template asks the graph"),
    views(told.views),
  ];
}

function views(list) {
  if (!list) return empty("The graph cannot be asked at this moment.", "Try again in a few seconds.");
  return list.length ? list.map(view) : empty("Its template has no view.");
}

function view({ view: name, query, columns, rows }) {
  return h(
    "section",
    { class: "part" },
    h("h3", {}, name, h("span", { class: "note" }, ` ${plural(rows.length, "row")}`)),
    query && h("details", {}, h("summary", {}, "Query"), code(query, `Query of ${name}`)),
    rows.length > 0 &&
      table(
        `What ${name} gives`,
        columns.map((column, at) => ({ head: column, kind: at ? null : "first", cell: (row) => cell(row[at]) })),
        rows.slice(0, 100),
      ),
    rows.length > 100 && h("p", { class: "note" }, `${number(rows.length - 100)} more`),
  );
}

function cell(value) {
  if (value === null) return "–";
  return /^<[a-z]+:/i.test(value)
    ? h("a", { href: toNode(bare(value)), title: bare(value) }, term(value))
    : term(value);
}

/** A person's judgement of the file; it joins the figures of the template. */
function feedback(environment, path) {
  const said = h("div", {});
  const score = h(
    "select",
    { name: "score", required: true },
    [
      ["", "choose"],
      ["5", "5 good"],
      ["4", "4"],
      ["3", "3"],
      ["2", "2"],
      ["1", "1"],
      ["0", "0 bad"],
    ].map(([value, text]) => h("option", { value }, text)),
  );
  const text = h("input", { name: "text", type: "text", autocomplete: "off" });
  const form = h(
    "form",
    { class: "filters", "aria-label": "Judge this file" },
    h("label", { class: "field" }, h("span", {}, "Score"), score),
    h("label", { class: "field grow" }, h("span", {}, "What is good or bad"), text),
    h("button", { type: "submit" }, "Send"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await signedIn("Feedback needs a token of any role."))) return;
    try {
      await change("feedback", { environment, path, score: Number(score.value), text: text.value });
      form.reset();
      toast("Thank you, it is kept");
      say("Feedback is kept");
    } catch (error) {
      said.replaceChildren(trouble(error));
    }
  });
  return h("section", { class: "part" }, h("h2", {}, "Is it right?"), form, said);
}
