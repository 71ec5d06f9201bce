// One conflict: its three sides, an editor for the merged text, and four ways to settle it.
import { get, spelt } from "../api.js";
import { ask, toast } from "../dialog.js";
import { h, say, swap } from "../dom.js";
import { hasMarkers, partsOf } from "../marked.js";
import { panel } from "../panel.js";
import { because, code, link, mark, pairs } from "../parts.js";
import { toArtifact, toNode } from "../routes.js";
import { change, signedIn } from "../session.js";
import { bare, plural, spoken, term } from "../words.js";

const SIDES = [
  ["base", "Base", "the last render that is in the file"],
  ["ours", "Ours", "the file on disk, with people's edits"],
  ["theirs", "Theirs", "the new render"],
];

export const title = ({ parts }) => `Conflict in ${parts.slice(1).join("/")}`;

export function show(frame) {
  const [environment, ...rest] = frame.place.parts;
  const path = rest.join("/");
  const address = `conflicts/${encodeURIComponent(environment)}/${spelt(path)}`;
  const about = { environment, path, address };
  // No event draws it again: somebody may be writing in the editor. A newer render is told of instead.
  const section = panel(frame, {
    name: "conflict",
    steady: true,
    load: (signal) => get(address, {}, signal),
    draw: (found) => drawn(found, about),
  });
  frame.hear(["conflict."], ({ type, data }) => {
    if (data.path === path && !about.mine) newer(section, type);
  });
  return section;
}

function newer(section, type) {
  const text = type === "conflict.resolved" ? "Somebody settled this conflict meanwhile." : "A newer render waits.";
  section.querySelector(".notice.newer")?.remove();
  section.prepend(
    h(
      "div",
      { class: "notice newer", role: "status" },
      h("p", {}, mark("warn", text)),
      h(
        "button",
        {
          type: "button",
          on: {
            click: () => {
              section.querySelector(".notice.newer").remove();
              section.again();
            },
          },
        },
        "Look again",
      ),
    ),
  );
}

function drawn(found, about) {
  return [
    h(
      "nav",
      { class: "pages", "aria-label": "Neighbours" },
      link("#/conflicts", "All conflicts"),
      link(toArtifact(about.environment, about.path), "The file"),
    ),
    h("p", { class: "lead" }, mark("bad", spoken(found.kind)), " ", found.message),
    pairs([
      ["Environment", about.environment],
      ["Template", found.template],
      ["Key", found.key && link(toNode(bare(found.key)), term(found.key))],
      ["The template changed because", because(found.because), "wide"],
    ]),
    h(
      "section",
      { class: "part" },
      h("h2", {}, "Three sides"),
      h(
        "div",
        { class: "sides" },
        SIDES.map(([name, head, note]) => side(found[name], head, note)),
      ),
    ),
    settling(found, about),
  ];
}

function side(text, head, note) {
  return h(
    "section",
    { class: "side-text" },
    h("h3", {}, head, h("span", { class: "note" }, ` ${note}`)),
    text === null || text === undefined
      ? h("p", { class: "note" }, "There is no file on this side.")
      : code(text, head),
  );
}

/** The editor: each place in conflict has buttons that put one side in; the text can be written freely. */
function settling(found, about) {
  const start = found.marked ?? found.ours ?? found.theirs ?? "";
  const editor = h("textarea", {
    id: "merged",
    spellcheck: "false",
    autocapitalize: "off",
    wrap: "off",
    rows: String(Math.min(30, Math.max(8, start.split("\n").length + 1))),
    value: start,
    "aria-describedby": "merged-note",
  });
  const places = h("div", { class: "places" });
  const left = h("p", { class: "note", id: "merged-note", "aria-live": "polite" });
  const draw = () => {
    const open = partsOf(editor.value).filter((part) => part.ours !== undefined);
    left.textContent = open.length
      ? `${plural(open.length, "place")} still in conflict.`
      : hasMarkers(editor.value)
        ? "Markers are left."
        : "No marker is left: it can be settled.";
    swap(
      places,
      open.map((part, at) =>
        place(part, at, (text) => {
          editor.value = replaced(editor.value, at, text);
          draw();
          (places.querySelector("button") ?? document.querySelector("[data-key='settle-merged']")).focus();
        }),
      ),
    );
  };
  editor.addEventListener("input", draw);
  draw();
  return h(
    "section",
    { class: "part" },
    h("h2", {}, "Settle it"),
    places,
    h("label", { for: "merged" }, "Merged text"),
    editor,
    left,
    buttons(about, editor),
  );
}

function place(part, at, put) {
  const way = (name, text) =>
    h(
      "button",
      { type: "button", "data-key": `place-${at}-${name}`, on: { click: () => put(text) } },
      `Use ${name}`,
      h("span", { class: "sr" }, ` at place ${at + 1}`),
    );
  return h(
    "fieldset",
    {},
    h("legend", {}, `Place ${at + 1}`),
    h("div", { class: "two" }, quote("ours", part.ours), quote("theirs", part.theirs)),
    h(
      "div",
      { class: "buttons" },
      way("ours", part.ours),
      way("theirs", part.theirs),
      way("both", part.ours + part.theirs),
      part.base !== null && way("base", part.base),
    ),
  );
}

const quote = (name, text) =>
  h("div", {}, h("span", { class: "note" }, name), h("pre", { class: "quote" }, text || "(nothing)"));

/** The text with the n-th place in conflict replaced. */
function replaced(text, wanted, by) {
  let at = -1;
  const open = (part) =>
    [
      `<<<<<<< ours\n${part.ours}`,
      part.base === null ? "" : `||||||| base\n${part.base}`,
      `=======\n${part.theirs}>>>>>>> theirs\n`,
    ].join("");
  return partsOf(text)
    .map((part) => {
      if (part.text !== undefined) return part.text;
      at += 1;
      return at === wanted ? by : open(part);
    })
    .join("");
}

function buttons(about, editor) {
  const ways = [
    ["merged", "Save the merged text", "The file becomes the text of the editor.", "main"],
    ["ours", "Keep ours", "The file stays as people left it; the new render counts as taken in.", null],
    ["theirs", "Take theirs", "The file becomes the new render; the edits in it stay in the store.", null],
    ["markers", "Write the markers", "The file gets conflict markers, to be settled in an editor of your own.", null],
  ];
  return h(
    "div",
    { class: "buttons" },
    ways.map(([how, text, note, kind]) =>
      h(
        "button",
        {
          type: "button",
          class: kind,
          "data-key": `settle-${how}`,
          title: note,
          on: { click: () => settle(about, how, text, note, editor) },
        },
        text,
      ),
    ),
  );
}

async function settle(about, how, verb, note, editor) {
  if (!(await signedIn("Settling a conflict needs a token of the role admin."))) return;
  const left = how === "merged" && hasMarkers(editor.value);
  const done = await ask({
    title: `${verb}: ${about.path}`,
    verb,
    danger: left,
    body: [h("p", {}, note), left && h("p", {}, mark("warn", "The text still has conflict markers."))],
    act: () => {
      about.mine = true; // its own event is no news
      return change(`${about.address}/resolve`, how === "merged" ? { how, content: editor.value } : { how });
    },
  });
  if (!done) {
    about.mine = false;
    return;
  }
  toast(`${about.path} is settled`);
  say(`${about.path} is settled`);
  location.hash = "#/conflicts";
}
