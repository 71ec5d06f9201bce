// Parts that every screen is made of. State is never told by colour alone: each mark has a sign and a word.
import { h, svg } from "./dom.js";
import { ago, fullMoment, moment, now, reasons } from "./words.js";

const SIGNS = {
  good: "M3.5 8.5 6.5 11.5 12.5 4.5",
  bad: "M4 4 12 12M12 4 4 12",
  warn: "M8 3V9.5M8 12.2V13",
  dim: "M4 8H12",
  change: "M3 9C5 5.5 7 6.5 8 8S11 10.5 13 7",
  busy: "M8 3A5 5 0 1 1 3 8",
};

/** A sign and a word: "good", "bad", "warn", "dim", "change" or "busy". */
export function mark(tone, word, title = null) {
  return h("span", { class: `mark ${tone}`, title }, sign(tone), h("span", {}, word));
}

/** The sign alone, for places where the word stands beside it. */
export function sign(tone) {
  return svg(
    "svg",
    { class: `sign ${tone}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: SIGNS[tone] }),
  );
}

/** A moment as <time>; the whole date shows on pointing. */
export function time(at, { relative = false } = {}) {
  if (typeof at !== "number") return "–";
  return h(
    "time",
    { datetime: new Date(at * 1000).toISOString(), title: fullMoment(at), "data-ago": relative ? at : null },
    relative ? ago(at) : moment(at),
  );
}

/** Bring the relative times of the page up to date. */
export function age() {
  for (const place of document.querySelectorAll("time[data-ago]")) place.textContent = ago(Number(place.dataset.ago));
}

/** What is shown where there is nothing: what it means, and what to do. */
export function empty(text, ...way) {
  return h("div", { class: "empty" }, h("p", {}, text), way.length > 0 && h("p", { class: "note" }, way));
}

/** What went wrong, and the way out. */
export function trouble(error, again = null) {
  const known = error.status !== undefined;
  return h(
    "div",
    { class: "trouble", role: "alert" },
    h("p", {}, mark("bad", known ? error.title : "This part cannot be shown")),
    error.message && error.message !== error.title && h("p", {}, error.message),
    h(
      "p",
      { class: "note" },
      known ? error.hint : "Load the page again; if it stays, the answer of the server is not as expected.",
    ),
    again &&
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", "data-key": "again", on: { click: again } }, "Try again"),
        error.status === 401 &&
          h(
            "button",
            {
              type: "button",
              class: "main",
              "data-key": "sign-in",
              on: { click: () => document.getElementById("account").click() },
            },
            "Sign in",
          ),
      ),
  );
}

/**
 * A table with a caption. A column is {head, cell(row), kind}: kind "number" is set right; on a narrow screen "minor"
 * is left out, "first" leads its row, "long" has a line of its own, and "plain" says by itself what it is. Roles are
 * written out, for a narrow screen shows rows as blocks.
 */
export function table(caption, columns, rows, { seen = false, row: dress = null, scroll = null } = {}) {
  const kind = (column) => column.kind ?? null;
  const head = h(
    "tr",
    { role: "row" },
    columns.map((column) => h("th", { scope: "col", role: "columnheader", class: kind(column) }, column.head)),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      { role: "row", ...dress?.(row) },
      columns.map((column, at) =>
        h(
          at ? "td" : "th",
          { role: at ? "cell" : "rowheader", scope: at ? null : "row", class: kind(column), "data-head": column.head },
          h("div", { class: "cell" }, column.cell(row)),
        ),
      ),
    ),
  );
  return h(
    "div",
    { class: "table", "data-scroll": scroll },
    h(
      "table",
      { role: "table" },
      h("caption", { class: seen ? null : "sr" }, caption),
      h("thead", { role: "rowgroup" }, head),
      h("tbody", { role: "rowgroup" }, body),
    ),
  );
}

/** A link of this page that keeps the focus when its region is drawn again. */
export function link(href, ...content) {
  return h("a", { href, "data-key": href }, content);
}

/** Pairs of a name and what it is; a third part, "wide", gives it more room. */
export function pairs(list) {
  return h(
    "dl",
    { class: "pairs" },
    list
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value, room]) => h("div", { class: room }, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** The reasons of something: the first, and the others behind a press. */
export function because(value, none = "no reason was kept") {
  const all = reasons(value);
  if (!all.length) return h("span", { class: "note" }, none);
  if (all.length === 1) return h("span", { class: "reason" }, all[0]);
  return h(
    "details",
    { class: "reason" },
    h("summary", {}, all[0]),
    h(
      "ul",
      {},
      all.slice(1).map((text) => h("li", {}, text)),
    ),
  );
}

/** A bar from 0 to 1 that is also written; `tone` as for a mark. */
export function meter(share, text, tone = "good") {
  const width = `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`;
  return h(
    "span",
    { class: "meter" },
    h("span", { class: `fill ${tone}`, style: { width }, "aria-hidden": "true" }),
    h("span", {}, text),
  );
}

/** Text with lines, as it is; long ones can be scrolled by keyboard. */
export function code(text, label) {
  return h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, h("code", {}, text));
}

/** A line of links, of which one is the current. */
export function choices(label, list) {
  return h(
    "nav",
    { class: "choices", "aria-label": label },
    list.map(([href, text, current]) =>
      h("a", { href, "data-key": `choice-${text}`, "aria-current": current ? "true" : null }, text),
    ),
  );
}

/** A labelled field of a line of filters. */
export function field(label, control) {
  return h("label", { class: "field" }, h("span", {}, label), control);
}

/** A choice of one of [value, text]; `chosen(value)` is told. */
export function select(key, options, value, chosen) {
  const box = h(
    "select",
    { "data-key": key, on: { change: () => chosen(box.value) } },
    options.map(([name, text]) => h("option", { value: name, selected: name === (value ?? "") }, text)),
  );
  return box;
}

/** Seconds since, for clocks that run. */
export const since = (at) => Math.max(0, now() - at);
