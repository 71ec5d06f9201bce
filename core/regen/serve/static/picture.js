// The picture of a neighbourhood. Columns, not springs: what leads here stands left, where it leads stands right, the
// files below those, so that labels are read in lines and the same graph always looks the same.
import { h, svg } from "./dom.js";
import { bare, term } from "./words.js";
import { columnsOf, placed } from "./layout.js";

/** The picture: a group of links that one walks by arrows; Enter goes there. */
export function picture(found, centre, { toNode, toFile }) {
  const room = roomOf(document.getElementById("main"));
  const narrow = room < 700;
  const columns = columnsOf(found, centre);
  const plan = placed(columns, narrow, room);
  const at = new Map(plan.boxes.map((box) => [box.item.id, box]));
  const links = new Map(
    plan.boxes.map((box) => [
      box,
      drawBox(box, box.item.file ? toFile(box.item.file) : toNode(box.item.id), box.item.id === centre.id),
    ]),
  );
  const lines = [
    ...found.edges.map((edge) => line(at.get(edge.source), at.get(edge.target), narrow)),
    ...columns.files.map((file) => line(at.get(file.on) ?? at.get(centre.id), at.get(file.id), narrow, "file")),
  ];
  const root = svg(
    "svg",
    {
      class: "picture",
      viewBox: `0 0 ${plan.width} ${plan.height}`,
      width: plan.width,
      height: plan.height,
      role: "group",
      "aria-label": `Picture of the graph around ${centre.label || term(centre.id)}. Arrows walk; a list follows.`,
    },
    svg("defs", {}, arrowhead()),
    svg("g", { class: "edges", "aria-hidden": "true" }, lines),
    svg("g", {}, [...links.values()]),
  );
  walk(root, links, at.get(centre.id));
  return h(
    "figure",
    { class: "graph" },
    h("div", { class: "graph-scroll" }, root),
    h(
      "figcaption",
      { class: "note" },
      "Nodes round, literals plain, files square. Arrows walk, Enter goes there.",
      columns.hidden > 0 && ` ${columns.hidden} more are in the list below.`,
    ),
  );
}

/** Pixels that the picture may be wide, within the padding and the border of its frame. */
function roomOf(main) {
  const style = getComputedStyle(main);
  return (
    main.clientWidth -
    parseFloat(style.paddingLeft) -
    parseFloat(style.paddingRight) -
    (main.clientWidth < 760 ? 2 : 26)
  );
}

function arrowhead() {
  return svg(
    "marker",
    {
      id: "tip",
      viewBox: "0 0 8 8",
      refX: "7",
      refY: "4",
      markerWidth: "7",
      markerHeight: "7",
      orient: "auto-start-reverse",
    },
    svg("path", { d: "M1 1 7 4 1 7" }),
  );
}

function drawBox(box, href, central) {
  const { item } = box;
  const kind = item.file ? "file" : item.kind;
  const classes = ["box", kind, central && "central", item.changed && "changed"].filter(Boolean).join(" ");
  const label = item.file ? item.file.path : item.label || term(item.id);
  const about = {
    class: classes,
    "aria-label": `${item.over}: ${label}${item.changed ? ", changed last" : ""}`,
    "data-key": `box-${item.id}`,
    tabindex: "-1",
  };
  const title = svg("title", {}, `${item.over}: ${item.file ? item.file.path : bare(item.id)}`);
  const inner = [frame(box, kind), words(box, kind, label), title];
  if (kind === "literal") return svg("g", { ...about, role: "img" }, inner);
  return svg("a", { ...about, href, "aria-current": central ? "true" : null }, inner);
}

function frame({ x, y, w, h: height }, kind) {
  const rx = { file: 2, literal: 6 }[kind] ?? height / 2;
  return svg("rect", { x, y, width: w, height, rx });
}

/** The label, and how it hangs together with the middle: above it, or behind it where the box has one line. */
function words({ item, x, y, w, h: height }, kind, label) {
  const fit = kind === "file" ? cutStart : cut;
  const [wide, small] = [Math.floor((w - 22) / 7), Math.floor((w - 22) / 6)];
  if (height >= 40) {
    return [
      svg("text", { x: x + 11, y: y + 16, class: "over" }, cut(item.over, small)),
      svg("text", { x: x + 11, y: y + 33, class: "label" }, fit(label, wide)),
    ];
  }
  const shown = fit(label, Math.max(12, wide - item.over.length - 1));
  const left = small - Math.ceil((shown.length * 7) / 6) - 2;
  return svg(
    "text",
    { x: x + 11, y: y + 16, class: "label" },
    shown,
    left > 3 && svg("tspan", { class: "over", dx: "7" }, cut(item.over, left)),
  );
}

const cut = (text, room) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
const cutStart = (text, room) => (text.length > room ? `…${text.slice(1 - room)}` : text);

function line(one, other, narrow, kind = "edge") {
  if (!one || !other || one === other) return null;
  const tip = kind === "edge" ? { "marker-end": "url(#tip)" } : {};
  return svg("path", { class: kind, d: narrow ? bracket(one, other) : curve(one, other), ...tip });
}

function curve(one, other) {
  const right = other.x > one.x;
  const same = Math.abs(other.x - one.x) < 1;
  const [x1, x2] = same
    ? [one.x + one.w, other.x + other.w]
    : right
      ? [one.x + one.w, other.x]
      : [one.x, other.x + other.w];
  const [y1, y2] = [one.y + one.h / 2, other.y + other.h / 2];
  const bend = same ? 26 : (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${same ? x2 + bend : x2 - bend} ${y2} ${x2} ${y2}`;
}

/** On a narrow screen all stands in one column; lines run along its left side. */
function bracket(one, other) {
  const [y1, y2] = [one.y + one.h / 2, other.y + other.h / 2];
  const out = Math.max(4, Math.min(one.x, other.x) - 12 - Math.min(20, Math.abs(y2 - y1) / 40));
  return `M${one.x} ${y1}C${out} ${y1} ${out} ${y2} ${other.x} ${y2}`;
}

/** Arrows go to the nearest box in their direction; Home to the centre. */
function walk(root, links, central) {
  const elements = [...links.values()];
  const boxes = new Map([...links].map(([box, element]) => [element, box]));
  const settle = (chosen) =>
    elements.forEach((element) => element.setAttribute("tabindex", element === chosen ? "0" : "-1"));
  settle(links.get(central));
  root.addEventListener("focusin", (event) => {
    const element = event.target.closest(".box");
    if (element) settle(element);
  });
  root.addEventListener("keydown", (event) => {
    const from = boxes.get(event.target.closest(".box"));
    if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = event.key === "Home" ? central : nearest(from, [...links.keys()], event.key);
    if (!next) return;
    event.preventDefault();
    links.get(next).focus();
    links.get(next).scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nearest(from, boxes, key) {
  if (!WAYS[key]) return null;
  const [dx, dy] = WAYS[key];
  const middle = (box) => [box.x + box.w / 2, box.y + box.h / 2];
  const [x, y] = middle(from);
  const cost = (box) => {
    const [along, across] = dx
      ? [(middle(box)[0] - x) * dx, Math.abs(middle(box)[1] - y)]
      : [(middle(box)[1] - y) * dy, Math.abs(middle(box)[0] - x)];
    return along > 4 ? along + 3 * across * (dx ? 0.2 : 1) : Infinity;
  };
  const best = boxes.reduce((least, box) => (cost(box) < cost(least) ? box : least), boxes[0]);
  return cost(best) < Infinity ? best : null;
}
