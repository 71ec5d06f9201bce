// Rolling back and going on: a person is told what will happen before anything does.
import { get } from "./api.js";
import { ask, toast } from "./dialog.js";
import { h, say } from "./dom.js";
import { refresh } from "./panel.js";
import { mark } from "./parts.js";
import { change, signedIn } from "./session.js";
import { plural } from "./words.js";

const NAMED = 8;
const IS = { added: "comes back", removed: "goes", changed: "changes" };

/** Ask, then roll an environment back; `current` is the release that stands. */
export async function rollback(environment, current, number) {
  if (!(await signedIn("Rolling back needs a token of the role admin."))) return;
  let files = null;
  try {
    files = (await get(`compare/${encodeURIComponent(environment)}`, { from: current, to: number })).files;
  } catch {
    // The rollback itself does not hang on the comparison: it is asked without naming the files.
  }
  const drop = h("input", { type: "checkbox", name: "drop", id: "drop" });
  const done = await ask({
    title: `Roll ${environment} back to release ${number}`,
    verb: `Roll back to ${number}`,
    danger: true,
    body: [
      told(environment, current, number, files),
      h(
        "p",
        { class: "choice" },
        drop,
        h(
          "label",
          { for: "drop" },
          "Drop edits made by hand since. Without this they are merged onto what is restored; ",
          "dropped ones stay in the store.",
        ),
      ),
    ],
    act: () =>
      change(`releases/${encodeURIComponent(environment)}/rollback`, { to: number, discard_edits: drop.checked }),
  });
  if (done) finished(`${environment} is back at release ${number}`);
}

function told(environment, current, number, files) {
  return [
    h(
      "p",
      {},
      "Release ",
      h("strong", {}, `${current}`),
      " is marked bad, and the bytes of release ",
      h("strong", {}, `${number}`),
      " stand again. ",
      h("strong", {}, environment),
      " is then held: cycles release nothing there until the inputs change or somebody resumes.",
    ),
    files === null
      ? h("p", {}, "Which files differ could not be asked.")
      : files.length === 0
        ? h("p", {}, "No file differs between the two.")
        : [
            h("p", {}, `${plural(files.length, "file")} on disk will differ:`),
            h(
              "ul",
              { class: "lines files" },
              files
                .slice(0, NAMED)
                .map((file) =>
                  h(
                    "li",
                    {},
                    mark(file.kind === "removed" ? "warn" : "change", IS[file.kind] ?? file.kind),
                    " ",
                    h("code", {}, file.path),
                  ),
                ),
            ),
            files.length > NAMED && h("p", { class: "note" }, `and ${plural(files.length - NAMED, "more", "more")}`),
          ],
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
