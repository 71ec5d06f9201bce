// Asking the server. Every failure becomes a Problem that says what to do; the token of a session never comes here.

const asked = new Map(); // what is asked in this turn: address to promise of its answer
let csrf = null;

/** What went wrong: status 0 where nothing answered. */
export class Problem extends Error {
  constructor(status, title, detail, hint) {
    super(detail || title);
    Object.assign(this, { status, title, detail, hint });
  }
}

/** The mark that changes carry beside the cookie (null: nobody is signed in). It lives in this module only. */
export function useCsrf(value) {
  csrf = value;
}

/** A path of many parts as part of an address: slashes stay. */
export function spelt(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** An address below /api/v1 with its query; parameters without a value are left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return `/api/v1/${path}${text && `?${text}`}`;
}

/**
 * Ask for something. Panels that ask for the same in one turn of the event loop get one answer; later ones do not, for
 * what they were told of may not be in it.
 */
export async function get(path, query, signal) {
  const url = address(path, query);
  if (!asked.has(url)) {
    asked.set(url, ask("GET", url));
    setTimeout(() => asked.delete(url));
  }
  const found = await asked.get(url);
  if (signal?.aborted) throw new DOMException("left", "AbortError");
  return structuredClone(found); // each may change its own
}
export const post = (path, body) => ask("POST", address(path), body);
export const remove = (path) => ask("DELETE", address(path));

async function ask(method, url, body) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let answer;
  try {
    answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem(
      0,
      "The server does not answer",
      "Nothing came back from this address.",
      "See whether `regen serve` is still running, then try again.",
    );
  }
  const text = await answer.text();
  const found = parsed(text);
  if (!answer.ok) throw problem(answer, found);
  return found;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return undefined;
  }
}

const HINTS = {
  401: "Sign in with a token that may do this.",
  403: "Sign in with a token that has the role for it.",
  404: "It may be gone meanwhile: go back to the list.",
  409: "Something changed meanwhile: look again, then decide.",
  429: "Too many requests in a short time: wait a few seconds.",
  503: "The server is busy or starting: try again in a few seconds.",
};

function problem(answer, found) {
  const told = found && typeof found === "object" ? found : {};
  return new Problem(
    answer.status,
    told.title || `The server answered ${answer.status}`,
    told.detail || answer.statusText,
    told.hint || HINTS[answer.status] || "Try again; the log of `regen serve` says more.",
  );
}
