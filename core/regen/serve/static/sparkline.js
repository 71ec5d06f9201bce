// A course of values as a small line; its first, last and largest are also said.
import { svg } from "./dom.js";
import { number } from "./words.js";

const [WIDE, HIGH] = [120, 20];

/** The line of a list of numbers, in which null is a gap; null where there is no line to draw. */
export function sparkline(values) {
  const known = values.filter((value) => typeof value === "number");
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const at = (value, index) => [
    (index / (values.length - 1)) * WIDE,
    HIGH - 2 - ((value - low) / (high - low || 1)) * (HIGH - 4),
  ];
  let pen = "M";
  const path = values
    .map((value, index) => {
      if (typeof value !== "number") {
        pen = "M";
        return "";
      }
      const [x, y] = at(value, index);
      const step = `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
      return step;
    })
    .join("");
  return svg(
    "svg",
    {
      class: "sparkline",
      viewBox: `0 0 ${WIDE} ${HIGH}`,
      width: WIDE,
      height: HIGH,
      role: "img",
      "aria-label": `from ${number(known[0])} to ${number(known.at(-1))}, at most ${number(high)}`,
    },
    svg("path", { d: path }),
  );
}
