// Audit: who did what, and who tried.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { empty, mark, table, time } from "../parts.js";
import { pages } from "./cycles.js";

const LIMIT = 100;

export const title = () => "Audit";

export function show(frame) {
  const before = frame.place.query.get("before");
  return panel(frame, {
    name: "audit",
    types: before ? [] : ["release.", "conflict.resolved", "rollback.", "setting."],
    load: (signal) => get("audit", { before, limit: LIMIT }, signal),
    draw: (found) => [drawn(found), pages(frame.place, found.next)],
  });
}

function drawn({ items }) {
  if (!items.length) return empty("Nothing was done yet.", "Every change, and every attempt at one, shows here.");
  return table(
    "What was done, the newest first",
    [
      { head: "Action", kind: "first", cell: (one) => one.action },
      { head: "Outcome", kind: "plain", cell: outcome },
      { head: "Who", cell: (one) => person(one.who) },
      { head: "At", kind: "plain", cell: (one) => time(one.at) },
      { head: "Environment", kind: "minor", cell: (one) => one.environment ?? "–" },
      { head: "What", kind: "long", cell: (one) => [one.subject, one.subject && one.why && h("br"), one.why] },
    ],
    items,
  );
}

/** Who did it, as the system told it. */
function person(who) {
  if (!who || typeof who !== "object") return who ?? "–";
  return who.sudo ? `${who.sudo} as ${who.user}@${who.machine}` : `${who.user}@${who.machine}`;
}

function outcome({ outcome: found, result }) {
  const word = found ?? result ?? "done";
  return mark(/refus|denied|fail|error/.test(word) ? "bad" : "good", word);
}
