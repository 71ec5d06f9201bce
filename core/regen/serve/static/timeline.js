// Cycles as a timeline: a column each, the newest on the right, its height the time that it took.
import { h, swap } from "./dom.js";
import { roving } from "./focus.js";
import { mark } from "./parts.js";
import { toCycle } from "./routes.js";
import { duration, fullMoment, moment, result } from "./words.js";

const FLOOR_S = 0.01; // heights are logarithmic from here: 20 ms and 30 s are both seen

/** From where on a cycle counts as slow: past the 95th percentile of those shown, and twice the median. */
export function slowFrom(cycles) {
  const times = cycles
    .filter((cycle) => cycle.result !== "skip")
    .map((cycle) => cycle.duration_s)
    .sort((a, b) => a - b);
  if (times.length < 8) return Infinity;
  return Math.max(times[Math.ceil(times.length * 0.95) - 1], 2 * times[Math.floor(times.length / 2)]);
}

/** [tone, word] of a cycle: a slow one is told of, where nothing worse is. */
export function judged(cycle, slow) {
  const [tone, word] = result(cycle.result);
  return tone === "good" && cycle.duration_s >= slow ? ["warn", "slow"] : [tone, word];
}

/**
 * The timeline of cycles, newest first in the list. It is an ordered list of links, oldest first, that one walks by
 * arrows; below it stands in words what is pointed at.
 */
export function timeline(cycles, { label = "Cycles, oldest first", small = false } = {}) {
  const shown = [...cycles].reverse();
  const slow = slowFrom(cycles);
  const top = Math.max(1, ...shown.map((cycle) => cycle.duration_s));
  const told = h("p", { class: "readout" });
  const tell = (cycle) => swap(told, readout(cycle, slow));
  const list = h(
    "ol",
    { class: small ? "timeline small" : "timeline", "aria-label": label, "data-scroll": "timeline" },
    shown.map((cycle) => column(cycle, slow, top, tell)),
  );
  roving(list, "a", { start: list.lastElementChild?.querySelector("a") });
  if (shown.length) tell(shown.at(-1));
  const scale = h(
    "div",
    { class: "scale", "aria-hidden": "true" },
    ticks(top).map((seconds) => h("span", { style: { bottom: `${height(seconds, top) * 100}%` } }, duration(seconds))),
  );
  requestAnimationFrame(() => {
    list.scrollLeft = list.scrollWidth;
  });
  return h(
    "div",
    { class: "timeline-box" },
    h("div", { class: "timeline-plot" }, scale, list),
    !small && legend(slow),
    told,
  );
}

function column(cycle, slow, top, tell) {
  const [tone, word] = judged(cycle, slow);
  const heard = () => tell(cycle);
  const href = toCycle(cycle.number);
  const said = [`Cycle ${cycle.number}`, word, duration(cycle.duration_s), cycle.environment, fullMoment(cycle.at)];
  return h(
    "li",
    {},
    h(
      "a",
      {
        href,
        class: `bar ${tone}`,
        "data-key": `bar-${cycle.number}`,
        on: { focus: heard, pointerenter: heard },
        "aria-label": said.join(", "),
      },
      h("span", { class: "fill", style: { height: `${(height(cycle.duration_s, top) * 100).toFixed(1)}%` } }),
    ),
  );
}

function height(seconds, top) {
  const share = Math.log(Math.max(seconds, FLOOR_S) / FLOOR_S) / Math.log(Math.max(top, 1) / FLOOR_S);
  return 0.06 + 0.94 * Math.min(1, share);
}

function ticks(top) {
  return [0.01, 0.1, 1, 10, 60, 600].filter((seconds) => seconds <= top);
}

function readout(cycle, slow) {
  const [tone, word] = judged(cycle, slow);
  return [
    h("strong", {}, `Cycle ${cycle.number}`),
    " ",
    mark(tone, word),
    ` ${duration(cycle.duration_s)} · ${cycle.environment} · `,
    `${moment(cycle.at)} · ${cycle.trigger || cycle.kind}`,
    cycle.error && h("span", { class: "bad-text" }, ` · ${cycle.error}`),
  ];
}

function legend(slow) {
  return h(
    "p",
    { class: "legend" },
    mark("good", "succeeded"),
    " ",
    mark("warn", Number.isFinite(slow) ? `slow, from ${duration(slow)}` : "slow"),
    " ",
    mark("bad", "failed"),
    " ",
    mark("dim", "skipped or cancelled"),
    h("span", { class: "note" }, " heights are logarithmic; ← → walk, Enter opens"),
  );
}
