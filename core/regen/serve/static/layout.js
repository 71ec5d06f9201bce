// Where the boxes of a neighbourhood stand. Pure: data in, numbers out, the same for the same graph.
import { term } from "./words.js";

const MOST = 24; // boxes in a column; more is no picture any more, and the list below has them all
const ROOMY = 12; // more in a column stand in boxes of one line
const [HIGH, GAP, WIDE, ASIDE] = [42, 10, 212, 74];
const [LOW, LOW_GAP] = [24, 5];

/** Nodes and files by column: {left2, left, centre, right, right2, files, hidden}. */
export function columnsOf({ nodes, edges, files }, centre) {
  const side = new Map([[centre.id, 0]]);
  const over = new Map([[centre.id, centre.types?.length ? centre.types.map(term).join(", ") : "node"]]);
  for (const step of [1, 2]) spread(edges, side, over, step);
  const columns = { "-2": [], "-1": [], 0: [], 1: [], 2: [] };
  for (const node of nodes)
    if (side.has(node.id)) columns[side.get(node.id)].push({ ...node, over: over.get(node.id) });
  const order = (one, other) =>
    Number(other.changed ?? false) - Number(one.changed ?? false) ||
    (one.over + (one.label ?? one.id)).localeCompare(other.over + (other.label ?? other.id));
  const kept = Object.fromEntries(
    Object.entries(columns).map(([name, list]) => [name, list.sort(order).slice(0, MOST)]),
  );
  const fileBoxes = (files ?? []).slice(0, MOST).map((file) => ({
    id: `file:${file.environment}/${file.path}`,
    file,
    kind: "file",
    over: `${file.environment} · ${file.template}`,
    on: keyOf(file, nodes),
  }));
  const all = nodes.length + (files?.length ?? 0);
  const drawn = Object.values(kept).reduce((sum, list) => sum + list.length, 0) + fileBoxes.length;
  return {
    left2: kept["-2"],
    left: kept["-1"],
    centre: kept[0],
    right: kept[1],
    right2: kept[2],
    files: fileBoxes,
    hidden: all - drawn,
  };
}

/** Nodes one step further out: a source stands left, a target right of what it is linked to. */
function spread(edges, side, over, step) {
  const found = new Map();
  for (const { source, target, predicate, label } of edges) {
    const name = label || term(predicate);
    const [from, to] = [side.get(source), side.get(target)];
    if (from !== undefined && Math.abs(from) === step - 1 && !side.has(target))
      note(found, target, from < 0 ? -step : step, `${name} →`);
    if (to !== undefined && Math.abs(to) === step - 1 && !side.has(source))
      note(found, source, to > 0 ? step : -step, `→ ${name}`);
  }
  for (const [id, [place, name]] of found) {
    side.set(id, place);
    over.set(id, name);
  }
}

function note(found, id, place, name) {
  const known = found.get(id);
  if (!known) found.set(id, [place, name]);
  else if (!known[1].split(", ").includes(name)) known[1] += `, ${name}`;
}

function keyOf(file, nodes) {
  const key = String(file.key ?? "").replace(/^<(.*)>$/s, "$1");
  return nodes.find((node) => node.id.replace(/^<(.*)>$/s, "$1") === key)?.id;
}

/** {boxes: [{item, x, y, w, h}], width, height}: columns side by side, or one below the other where it is narrow. */
export function placed(columns, narrow, room) {
  return narrow ? stacked(columns, room) : beside(columns, room);
}

function beside(columns, room) {
  // Files stand below what the centre leads to: in a column of their own their lines would run behind the others.
  const lists = [
    columns.left2,
    columns.left,
    columns.centre,
    [...columns.right, ...columns.files],
    columns.right2,
  ].filter((list) => list.length);
  const steps = lists.map((list) => (list.length > ROOMY ? [LOW, LOW_GAP] : [HIGH, GAP]));
  const high = Math.max(...lists.map((list, column) => list.length * sum(steps[column]))) + GAP;
  const wide = Math.max(150, Math.min(WIDE + 60, Math.floor((room - (lists.length - 1) * ASIDE) / lists.length)));
  const boxes = lists.flatMap((list, column) => {
    const step = sum(steps[column]);
    const top = (high - list.length * step + steps[column][1]) / 2;
    const x = 2 + column * (wide + ASIDE);
    return list.map((item, row) => ({ item, x, y: top + row * step, w: wide, h: steps[column][0] }));
  });
  return { boxes, width: 4 + lists.length * wide + (lists.length - 1) * ASIDE, height: high };
}

const sum = ([high, gap]) => high + gap;

function stacked(columns, room) {
  const lists = [columns.left2, columns.left, columns.centre, columns.right, columns.right2, columns.files];
  const wide = Math.max(220, room - 54);
  let y = 4;
  const boxes = [];
  for (const [column, list] of lists.entries()) {
    for (const item of list) {
      boxes.push({ item, x: column === 2 ? 30 : 48, y, w: wide, h: HIGH });
      y += HIGH + GAP - 2;
    }
    if (list.length) y += 10;
  }
  return { boxes, width: wide + 52, height: y };
}
