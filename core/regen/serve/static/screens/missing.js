// An address that leads nowhere.
import { empty, link } from "../parts.js";

export const title = () => "No such view";

export function show() {
  return empty("There is nothing at this address.", "Go to the ", link("#/", "overview"), ".");
}
