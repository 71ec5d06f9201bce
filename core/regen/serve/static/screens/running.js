// The cycle that runs now: its stages as they begin and end; when it is over, what it came to.
import { get } from "../api.js";
import { h, swap } from "../dom.js";
import { panel } from "../panel.js";
import { empty, mark, since } from "../parts.js";
import { duration } from "../words.js";

const TICK_MS = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 100;

const ASK_MS = 1500;

/** The panel; stage events draw it without asking the server. */
export function runningPanel(frame) {
  let status = null;
  const section = panel(frame, {
    title: "Now",
    name: "running",
    types: ["cycle."],
    load: (signal) => get("status", {}, signal),
    draw: (found) => {
      status = found;
      return drawn(status);
    },
  });
  const body = section.querySelector(".panel-body");
  frame.hear(["stage."], ({ type, data, at }) => {
    if (!status?.running) {
      section.again();
      return;
    }
    noted(status.running, type, data, at);
    swap(body, drawn(status));
  });
  frame.every(TICK_MS, () => tick(body, status?.running));
  // A cycle that only checks tells nobody of its end.
  frame.every(ASK_MS, () => status?.running && section.again());
  return section;
}

function noted(running, type, data, at) {
  const stage = data.stage ?? data;
  running.stages ??= [];
  const open = running.stages.find((one) => one.name === stage.name && one.duration_s === null);
  if (type === "stage.ended") {
    if (open) open.duration_s = stage.duration_s;
    else running.stages.push({ name: stage.name, start_s: stage.start_s ?? 0, duration_s: stage.duration_s });
  } else if (!open)
    running.stages.push({ name: stage.name, start_s: stage.start_s ?? at - running.at, duration_s: null });
}

function drawn(status) {
  const { running, watch } = status;
  if (!running) return idle(watch);
  const stages = (running.stages ?? []).map((stage) =>
    h(
      "li",
      { class: stage.duration_s === null ? "runs" : null },
      mark(stage.duration_s === null ? "busy" : "good", stage.name),
      h(
        "span",
        { class: "figure", "data-since": stage.duration_s === null ? running.at + stage.start_s : null },
        stage.duration_s === null ? "…" : duration(stage.duration_s),
      ),
    ),
  );
  return [
    h(
      "p",
      { class: "now" },
      mark("busy", "running"),
      " ",
      h("strong", {}, running.environment ?? ""),
      ` ${running.kind} · `,
      h("span", { class: "figure", "data-since": running.at }, duration(since(running.at))),
      h("br"),
      h("span", { class: "note" }, running.trigger),
    ),
    h("ol", { class: "stages", "aria-label": "Stages of this cycle" }, stages),
  ];
}

function idle(watch) {
  if (watch?.alive) {
    return h(
      "p",
      { class: "now" },
      mark("good", "watching"),
      " ",
      watch.here === false ? "in a process of its own" : "in this process",
      " · waits for a change of the graph",
    );
  }
  return empty(
    [mark("dim", "no watch runs")],
    "Changes are picked up once ",
    h("code", {}, "regen watch"),
    " runs, or ",
    h("code", {}, "regen serve"),
    " runs without --no-watch.",
  );
}

/** Clocks run without drawing anything else. */
function tick(body, running) {
  if (!running) return;
  for (const clock of body.querySelectorAll("[data-since]"))
    clock.textContent = duration(since(Number(clock.dataset.since)));
}
