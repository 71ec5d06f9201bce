// How values are written: times, amounts, terms of the graph, reasons.

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

export const now = () => Date.now() / 1000;
export const number = (value) => (typeof value === "number" ? NUMBER.format(value) : "–");
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Seconds as people read them. */
export function duration(seconds) {
  if (typeof seconds !== "number") return "–";
  if (seconds < 0.0001) return "< 0.1 ms";
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
  return `${Math.round(seconds / 86400)} days`;
}

/** When it was: the clock for today, the day before it otherwise. */
export function moment(at) {
  if (typeof at !== "number") return "–";
  const date = new Date(at * 1000);
  const clock = CLOCK.format(date);
  return date.toDateString() === new Date().toDateString() ? clock : `${DAY.format(date)} ${clock}`;
}

export const fullMoment = (at) => (typeof at === "number" ? FULL.format(new Date(at * 1000)) : "not known");

/** How long ago, coarse enough to be read at a glance. */
export function ago(at) {
  const seconds = now() - at;
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** A figure with its unit: a share as %, seconds as a duration. */
export function amount(value, unit) {
  if (typeof value !== "number") return "not measured";
  if (unit === "share") return `${NUMBER.format(value * 100)} %`;
  if (unit === "s") return duration(value);
  return unit && unit !== "number" ? `${NUMBER.format(value)} ${unit}` : NUMBER.format(value);
}

/** The name of a metric in words. */
export const spoken = (metric) => metric.replaceAll("_", " ");

/** A target as people write it: "< 30 s", "> 99.9 %", "≤ +10 %". */
export function target(found) {
  if (!found) return "–";
  const sign = found.relative && found.bound >= 0 ? "+" : "";
  const operator = { "<=": "≤", ">=": "≥" }[found.operator] ?? found.operator;
  return `${operator} ${sign}${found.unit === "s" ? brief(found.bound) : amount(found.bound, found.unit)}`;
}

/** Seconds of a bound that a person wrote: whole ones without digits behind the point. */
const brief = (seconds) =>
  Number.isInteger(seconds) && seconds < 120 ? `${seconds} s` : duration(seconds).replace(/ 0 s$| 0 min$/, "");

/** An IRI or a term in N-Triples, short: the last part of an IRI, the text of a literal. */
export function term(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  if (text.startsWith('"')) return literal(text);
  const iri = text.replace(/^<(.*)>$/s, "$1");
  const last = /[#/:]([^#/:]+)[#/]?$/.exec(iri);
  return last && iri.includes(":") ? decoded(last[1]) : iri;
}

function literal(text) {
  const found = /^"(.*)"(?:@([\w-]+)|\^\^<[^>]*>)?$/s.exec(text);
  if (!found) return text;
  const plain = found[1]
    .replace(/\\n/g, "\n")
    .replace(/\\t/g, "\t")
    .replace(/\\(["\\])/g, "$1");
  return found[2] ? `${plain} @${found[2]}` : plain;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A term without the brackets of N-Triples, as the API takes nodes. */
export const bare = (value) => String(value).replace(/^<(.*)>$/s, "$1");

/** The reasons in an answer: it may hold one text, one object with `text`, `where` and `also`, or many of them. */
export function reasons(because) {
  if (because === null || because === undefined || because === "") return [];
  if (Array.isArray(because)) return because.flatMap(reasons);
  if (typeof because === "object") {
    const first = because.where ? `${because.text}, ${because.where}` : because.text;
    return [first, ...(because.also ?? []).map((text) => `and ${text}`)];
  }
  return [String(because)];
}

const RESULTS = {
  success: ["good", "succeeded"],
  failure: ["bad", "failed"],
  error: ["bad", "error"],
  cancellation: ["dim", "cancelled"],
  skip: ["dim", "skipped"],
  running: ["busy", "running"],
};

/** [tone, word] of a cycle's result. */
export const result = (name) => RESULTS[name] ?? ["dim", String(name)];
