// Rolling back and going on: a person is told what will happen before anything does.
import { get } from "./api.js";
import { ask, toast } from "./dialog.js";
import { h, say, swap } from "./dom.js";
import { refresh } from "./panel.js";
import { mark } from "./parts.js";
import { change, signedIn } from "./session.js";
import { plural } from "./words.js";

const NAMED = 8;
const IS = { added: "comes back", removed: "goes", changed: "changes" };

const DROP =
  "Drop edits made by hand since. Without this they are merged onto what is restored; dropped ones stay in the store.";

/** What a rollback does, in words. */
function what(environment, current, number) {
  const [stands, comes, where] = [current, number, environment].map((name) => h("strong", {}, `${name}`));
  const held = " is then held: cycles release nothing there until the inputs change or somebody resumes.";
  return h(
    "p",
    {},
    "Release ",
    stands,
    " is marked bad, and the bytes of release ",
    comes,
    " stand again. ",
    where,
    held,
  );
}

/** Ask, then roll an environment back; `current` is the release that stands. */
export async function rollback(environment, current, number) {
  if (!(await signedIn("Rolling back needs a token of the role admin."))) return;
  const drop = h("input", { type: "checkbox", name: "drop", id: "drop" });
  const files = h("div", { "aria-live": "polite" }, h("p", { class: "waiting" }, "Looking which files will differ…"));
  differing(environment, current, number).then((found) => swap(files, found));
  const done = await ask({
    title: `Roll ${environment} back to release ${number}`,
    verb: `Roll back to ${number}`,
    danger: true,
    body: [
      what(environment, current, number),
      files,
      h("p", { class: "choice" }, drop, h("label", { for: "drop" }, DROP)),
    ],
    act: () =>
      change(`releases/${encodeURIComponent(environment)}/rollback`, { to: number, discard_edits: drop.checked }),
  });
  if (done) finished(`${environment} is back at release ${number}`);
}

/** The files that a rollback changes. Nobody has to wait for them: comparing two large releases takes seconds. */
async function differing(environment, current, number) {
  let files;
  try {
    files = (await get(`compare/${encodeURIComponent(environment)}`, { from: current, to: number })).files;
  } catch {
    return h("p", {}, "Which files differ could not be asked.");
  }
  if (!files.length) return h("p", {}, "No file differs between the two.");
  const line = (file) =>
    h(
      "li",
      {},
      mark(file.kind === "removed" ? "warn" : "change", IS[file.kind] ?? file.kind),
      " ",
      h("code", {}, file.path),
    );
  return [
    h("p", {}, `${plural(files.length, "file")} on disk will differ:`),
    h("ul", { class: "lines files" }, files.slice(0, NAMED).map(line)),
    files.length > NAMED && h("p", { class: "note" }, `and ${files.length - NAMED} more`),
  ];
}

/** Ask, then let cycles release again. */
export async function resume(environment) {
  if (!(await signedIn("Resuming needs a token of the role admin."))) return;
  const done = await ask({
    title: `Resume ${environment}`,
    verb: "Resume",
    body: h(
      "p",
      {},
      "The next cycle renders what is stale and releases it, also if that is what was rolled back from.",
    ),
    act: () => change(`releases/${encodeURIComponent(environment)}/resume`, {}),
  });
  if (done) finished(`${environment} goes on`);
}

function finished(text) {
  toast(text);
  say(text);
  refresh();
}
