// A unified diff as lines that say by a sign and a word, not by colour alone, what they are.
import { h } from "./dom.js";

const KINDS = { "+": ["plus", "added"], "-": ["minus", "removed"], "@": ["hunk", "place"] };

/** The lines of a unified diff. */
export function diffLines(text, label) {
  let headed = false;
  const lines = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => {
      if (line.startsWith("@@")) headed = true;
      const [kind, word] = headed ? (KINDS[line[0]] ?? ["same", null]) : ["hunk", null];
      return h("span", { class: `line ${kind}` }, word && h("span", { class: "sr" }, `${word}: `), line || " ", "\n");
    });
  return h(
    "pre",
    { class: "code diff", tabindex: "0", role: "region", "aria-label": label, "data-scroll": "diff" },
    h("code", {}, lines),
  );
}
