// What happens, as it happens: one stream of server-sent events for the whole page.
//
// The browser reconnects by itself after a cut, with the id of the last event; after a refusal it gives up, so this
// module tries again, each time a little later. A hidden tab closes its stream after a minute: browsers allow six
// connections to one address, and a page that is kept open all day is opened more than once.
import { address } from "./api.js";
import { now } from "./words.js";

// A browser hears only what it asked for by name; others show when the view is drawn again.
const TYPES = [
  "cycle.started",
  "cycle.completed",
  "cycle.failed",
  "stage.started",
  "stage.ended",
  "release.deployed",
  "rollback.completed",
  "conflict.opened",
  "conflict.resolved",
  "graph.unreadable",
  "setting.changed",
  "monitoring.alert",
  "monitoring.recovery",
  "node.added",
  "node.removed",
  "node.changed",
  "edge.added",
  "edge.removed",
  "learning.fetched",
  "learning.integrated",
  "learning.failed",
  "view.mismatch",
  "bus.overflow",
  "heartbeat",
];
const SILENCE_S = 60; // no heartbeat for so long: the connection is dead, whatever the browser believes
const HIDDEN_MS = 60_000;

const hearers = new Set();
const watchers = new Set();
let source = null;
let state = { name: "wait", since: now() };
let heardAt = now();
let tries = 0;
let timer = 0;
let hiding = 0;

/** Be told of every event: heard({type, data, at}). Gives the function that ends it. */
export function onEvent(heard) {
  hearers.add(heard);
  return () => hearers.delete(heard);
}

/** Be told of the connection: seen({name: "wait" | "open" | "lost" | "asleep", since, again, first}). */
export function onConnection(seen) {
  watchers.add(seen);
  seen(state);
  return () => watchers.delete(seen);
}

function become(name) {
  if (state.name === name) return;
  // `again`: events may have been missed, so that everything shown has to be asked for once more; also at the first
  // time, for what happened between the first answers and the stream.
  state = { name, since: now(), again: name === "open", first: state.name === "wait" };
  for (const seen of watchers) seen(state);
}

function open() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(address("stream"));
  source.addEventListener("open", () => {
    [tries, heardAt] = [0, now()];
    become("open");
  });
  source.addEventListener("error", () => {
    become("lost");
    if (source.readyState === EventSource.CLOSED) later();
  });
  for (const type of [...TYPES, "message"]) source.addEventListener(type, (message) => hear(type, message));
}

function later() {
  tries += 1;
  timer = setTimeout(open, Math.min(30_000, 500 * 2 ** tries));
}

function hear(type, message) {
  heardAt = now();
  if (type === "heartbeat") return;
  let event;
  try {
    event = JSON.parse(message.data);
  } catch {
    return; // not an event of ours
  }
  const told = {
    type: event.type ?? type,
    data: event.data ?? event,
    id: event.id ?? message.lastEventId,
    at: when(event),
  };
  for (const heard of hearers) heard(told);
}

/** When it happened, in epoch seconds. */
export function when(event) {
  if (typeof event.at === "number") return event.at;
  const parsed = Date.parse(event.time ?? "");
  return Number.isNaN(parsed) ? now() : parsed / 1000;
}

function visibility() {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(() => {
      source?.close();
      become("asleep");
    }, HIDDEN_MS);
  } else if (state.name === "asleep") open();
}

/** Open the stream anew: somebody signed in, who may see more. */
export function reopen() {
  if (state.name !== "open") open();
}

/** Open the stream and keep it open. */
export function connect() {
  open();
  document.addEventListener("visibilitychange", visibility);
  window.addEventListener("online", open);
  setInterval(() => {
    if (state.name !== "open" || now() - heardAt < SILENCE_S) return;
    become("lost");
    open();
  }, 5000);
}
