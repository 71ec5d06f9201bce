// The environments of the project, as a filter.
import { get } from "../api.js";
import { h } from "../dom.js";
import { field, select } from "../parts.js";
import { filter } from "../routes.js";

/** A field that chooses one environment; its choices come when the server has named them. */
export function environmentField(frame, { any = true } = {}) {
  const chosen = frame.place.query.get("environment") ?? "";
  const start = any ? [["", "all"]] : [];
  const known = chosen ? [...start, [chosen, chosen]] : start;
  const box = select("filter-environment", known, chosen, (value) =>
    filter(frame.place, { environment: value, before: "" }),
  );
  names(frame.left)
    .then((found) => {
      const more = found.filter((name) => name !== chosen).map((name) => h("option", { value: name }, name));
      box.append(...more);
    })
    .catch(() => {}); // the panel beside it tells that the server does not answer
  return field("Environment", box);
}

/** The names of all environments. */
export async function names(signal) {
  const { environments } = await get("status", {}, signal);
  return environments.map((one) => one.name ?? one.environment);
}
