// A panel: a titled part of a screen that loads itself, draws itself, and does so again when something happens.
import { h, swap } from "./dom.js";
import { onConnection, onEvent } from "./live.js";
import { trouble } from "./parts.js";

const GAP_MS = 400; // at most one request in so long, however many events come; the first is answered at once

/** What lives as long as a screen is shown: `left` is aborted when another one is. */
export class Frame {
  #ends = new AbortController();

  constructor(root, place) {
    Object.assign(this, { root, place, left: this.#ends.signal });
  }

  /** Be told of events until the screen is left. `types`: beginnings of types, such as "cycle.". */
  hear(types, heard) {
    this.until(onEvent((event) => types.some((type) => event.type.startsWith(type)) && heard(event)));
  }

  /** Be told when the connection is back after a cut. */
  back(heard) {
    this.until(onConnection((state) => state.again && heard()));
  }

  every(ms, tick) {
    const timer = setInterval(() => document.hidden || tick(), ms);
    this.until(() => clearInterval(timer));
  }

  until(end) {
    this.left.addEventListener("abort", end, { once: true });
  }

  close() {
    this.#ends.abort();
  }
}

/**
 * A section with a heading. `load(signal)` gives the data, `draw(data)` its nodes; `types` are beginnings of the types
 * of events after which it is loaded again; so it is each `every` milliseconds, where that is given. The element has
 * `again()`: load and draw now. A `steady` one holds what somebody writes: nothing draws it anew by itself, unless it
 * failed.
 */
export function panel(frame, { title, name, load, draw, types = [], every = 0, tools = null, steady = false }) {
  const id = `panel-${name}`;
  const body = h("div", { class: "panel-body", "aria-busy": "true" }, h("p", { class: "waiting" }, "Loading…"));
  const head = title && h("header", { class: "panel-head" }, h("h2", { id }, title), tools);
  const section = h(
    "section",
    { class: "panel", "data-panel": name, "aria-labelledby": title ? id : null },
    head,
    body,
  );
  let failed = false;
  const again = throttled(async () => {
    try {
      const data = await load(frame.left);
      await atRest(body, frame.left);
      if (!frame.left.aborted) swap(body, draw(data));
      failed = false;
    } catch (error) {
      if (error.name === "AbortError" || frame.left.aborted) return;
      failed = true;
      if (error.status === undefined) console.error(error);
      swap(body, trouble(error, again));
    } finally {
      body.removeAttribute("aria-busy");
    }
  });
  section.again = again;
  section.newer = () => (steady && !failed ? null : again());
  if (types.length) frame.hear(types, again);
  if (every) frame.every(every, again);
  frame.back(section.newer);
  again();
  return section;
}

/** Somebody chooses or writes in the panel: what is new waits until they are done. */
function atRest(body, left) {
  const held = document.activeElement;
  if (!body.contains(held) || !held.matches("select, input, textarea")) return null;
  return new Promise((done) => {
    held.addEventListener("blur", done, { once: true });
    left.addEventListener("abort", done, { once: true });
  });
}

/** Ask for everything that is shown once more: one did something, or may see more. */
export function refresh() {
  for (const shown of document.querySelectorAll("[data-panel]")) shown.newer();
}

/** The work now if it rests, else once more after it: never twice at once, and not more often than the gap allows. */
function throttled(work) {
  let [busy, more, last] = [false, false, 0];
  return async function run() {
    if (busy) {
      more = true;
      return;
    }
    busy = true;
    const wait = last + GAP_MS - performance.now();
    if (wait > 0 && last) await new Promise((done) => setTimeout(done, wait));
    last = performance.now();
    more = false;
    await work();
    busy = false;
    if (more) await run();
  };
}
