// Alerts: what is not as it should be, once, and what is over.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, mark, table, time } from "../parts.js";
import { number } from "../words.js";

export const title = () => "Alerts";

export function show(frame) {
  return panel(frame, {
    name: "alerts",
    types: ["monitoring."],
    load: (signal) => get("alerts", {}, signal),
    draw: drawn,
  });
}

/** The tone of an alert's mark. */
export const alertTone = (one) => (one.recovered ? "good" : one.severity === "critical" ? "bad" : "warn");

function drawn({ items }) {
  if (!items.length)
    return empty(
      [mark("good", "no alert is open")],
      "Where alerts go is set under ",
      h("code", {}, "[alerts]"),
      " in regen.toml.",
    );
  return table(
    "Alerts, the newest first",
    [
      { head: "What", kind: "first long", cell: (one) => one.message },
      { head: "State", kind: "plain", cell: (one) => mark(alertTone(one), one.recovered ? "recovered" : one.severity) },
      { head: "Environment", cell: (one) => one.environment || "–" },
      { head: "Since", cell: (one) => time(one.since ?? one.at) },
      { head: "Found", kind: "number", cell: (one) => `${number(one.count ?? 1)} ×` },
    ],
    items,
  );
}
