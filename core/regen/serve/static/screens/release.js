// One release: what it changed, and why.
import { get } from "../api.js";
import { h } from "../dom.js";
import { panel } from "../panel.js";
import { because, empty, link, mark, pairs, table, time } from "../parts.js";
import { to, toArtifact, toRelease } from "../routes.js";
import { rollback } from "../rollback.js";
import { number, plural } from "../words.js";
import { standing } from "./releases.js";

const SHOWN = 500;

export const title = ({ parts }) => `Release ${parts[1]} of ${parts[0]}`;

export function show(frame) {
  const [environment, asked] = frame.place.parts;
  return panel(frame, {
    name: "release",
    types: ["release.", "rollback."],
    load: async (signal) => {
      const [found, status] = await Promise.all([
        get(`releases/${encodeURIComponent(environment)}/${encodeURIComponent(asked)}`, {}, signal),
        get("status", {}, signal),
      ]);
      return { found, current: status.environments.find((one) => one.name === environment)?.release };
    },
    draw: ({ found, current }) => drawn(found, environment, current),
  });
}

function drawn(found, environment, current) {
  const release = found.release ?? found;
  const changes = found.changes ?? [];
  const against =
    release.parent && to(`compare/${encodeURIComponent(environment)}`, { from: release.parent, to: release.number });
  return [
    h(
      "nav",
      { class: "pages", "aria-label": "Neighbours" },
      link(to("releases", { environment }), "All releases"),
      against && link(against, `Compare with ${release.parent}`),
    ),
    pairs([
      ["State", standing(release, current)],
      ["Version", release.version],
      ["At", time(release.at)],
      ["Because", release.note || "–", "wide"],
      ["Parent", release.parent ? link(toRelease(environment, release.parent), `${release.parent}`) : "none"],
      ["Revision", number(release.revision)],
      ["Brought back", release.restores],
      ["Interface", release.suggests ? `has a ${release.suggests} change` : null],
    ]),
    release.number !== current &&
      release.state === "deployed" &&
      h(
        "p",
        {},
        h(
          "button",
          {
            type: "button",
            "data-key": "rollback",
            on: { click: () => rollback(environment, current, release.number) },
          },
          `Roll back to release ${release.number}`,
        ),
      ),
    gates(found.evaluated),
    h("h2", {}, "What it changed"),
    changes.length === 0
      ? empty("It changed no file.")
      : [
          h("p", { class: "note" }, plural(changes.length, "file")),
          table(
            "Files that the release changed",
            [
              { head: "File", kind: "first", cell: (one) => link(toArtifact(environment, one.path), one.path) },
              { head: "Change", cell: (one) => one.what },
              { head: "Because", kind: "long", cell: (one) => because(one.because) },
            ],
            changes.slice(0, SHOWN),
          ),
          changes.length > SHOWN && h("p", { class: "note" }, `${plural(changes.length - SHOWN, "more", "more")}`),
        ],
  ];
}

/** What its gates said, where they were asked. */
function gates(evaluated) {
  const list = evaluated?.gates ?? [];
  if (!list.length) return null;
  const tone = { passed: "good", failed: "bad", skipped: "dim" };
  return [
    h("h2", {}, "What its gates said"),
    h(
      "ul",
      { class: "lines" },
      list.map((gate) =>
        h(
          "li",
          {},
          mark(tone[gate.state ?? gate.outcome] ?? "dim", gate.state ?? gate.outcome ?? "asked"),
          " ",
          gate.name,
        ),
      ),
    ),
  ];
}
