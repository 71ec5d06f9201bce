// A text with conflict markers, taken apart into what is settled and what is not. Pure: text in, parts out.

const START = /^<{7}/;
const BASE = /^\|{7}/;
const MIDDLE = /^={7}/;
const END = /^>{7}/;

/** [{text}] for what is settled, [{ours, base, theirs}] for what is not; base null: the markers name none. */
export function partsOf(text) {
  const parts = [];
  let open = null;
  let side = "text";
  let plain = [];
  for (const line of text.split(/(?<=\n)/)) {
    if (!open && START.test(line)) {
      if (plain.length) parts.push({ text: plain.join("") });
      [open, side, plain] = [{ ours: [], base: null, theirs: [], raw: [line] }, "ours", []];
    } else if (open) {
      open.raw.push(line);
      if (BASE.test(line)) [open.base, side] = [[], "base"];
      else if (MIDDLE.test(line)) side = "theirs";
      else if (END.test(line)) {
        parts.push(closed(open));
        open = null;
      } else open[side].push(line);
    } else plain.push(line);
  }
  // Markers that do not close are text like any other: a person sees them as they are.
  if (open) plain.push(...open.raw);
  if (plain.length) parts.push({ text: plain.join("") });
  return parts;
}

const closed = ({ ours, base, theirs }) => ({
  ours: ours.join(""),
  base: base && base.join(""),
  theirs: theirs.join(""),
});

/** Whether a text still has a marker at the start of a line. */
export const hasMarkers = (text) => /^(<{7}|>{7}|\|{7})( |$)/m.test(text);
