// Places of this page: what stands behind the # of its address, and how such an address is written.
import { spelt } from "./api.js";

const SCREENS = [
  ["", "overview"],
  ["cycles/:", "cycle"],
  ["cycles", "cycles"],
  ["graph", "graph"],
  ["artifacts/:", "artifact"],
  ["artifacts", "artifacts"],
  ["releases/:", "release"],
  ["releases", "releases"],
  ["compare/:", "compare"],
  ["conflicts/:", "conflict"],
  ["conflicts", "conflicts"],
  ["objectives", "objectives"],
  ["alerts", "alerts"],
  ["tuner", "tuner"],
  ["audit", "audit"],
];

/** Views in the order of the navigation: [address, name, what it holds]. */
export const VIEWS = [
  ["#/", "Overview"],
  ["#/cycles", "Cycles"],
  ["#/graph", "Graph"],
  ["#/artifacts", "Artifacts"],
  ["#/releases", "Releases"],
  ["#/conflicts", "Conflicts"],
  ["#/objectives", "Objectives"],
  ["#/alerts", "Alerts"],
  ["#/tuner", "Tuner"],
  ["#/audit", "Audit"],
];

/** {screen, parts, query} of a hash; screen null: there is no such place. */
export function placeOf(hash) {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decoded);
  const found = SCREENS.find(([pattern]) => {
    const [head, rest] = pattern.split("/");
    return head === (parts[0] ?? "") && Boolean(rest) === parts.length > 1;
  });
  return { screen: found?.[1] ?? null, parts: parts.slice(1), query: new URLSearchParams(query), path };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a place; parameters without a value are left out. */
export function to(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return `#/${path}${text && `?${text}`}`;
}

export const toCycle = (number) => to(`cycles/${number}`);
export const toArtifact = (environment, path, query) =>
  to(`artifacts/${encodeURIComponent(environment)}/${spelt(path)}`, query);
export const toConflict = (environment, path) => to(`conflicts/${encodeURIComponent(environment)}/${spelt(path)}`);
export const toRelease = (environment, number) => to(`releases/${encodeURIComponent(environment)}/${number}`);
export const toNode = (node, query = {}) => to("graph", { node, ...query });

/** Change parameters of the place that is shown, as a new step that the browser's Back takes back. */
export function filter(place, changes) {
  const query = { ...Object.fromEntries(place.query), ...changes };
  location.hash = to(place.path, query);
}
