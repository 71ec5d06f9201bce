// The page: its frame, and which screen stands in it.
import { get } from "./api.js";
import { h, say, swap } from "./dom.js";
import { connect, onConnection, onEvent, reopen } from "./live.js";
import { Frame, refresh } from "./panel.js";
import { age, trouble } from "./parts.js";
import { placeOf, VIEWS } from "./routes.js";
import { onSession, recall, signIn, signOut, who } from "./session.js";
import { nextTheme, theme } from "./theme.js";
import { duration, moment } from "./words.js";

const main = document.getElementById("main");
let frame = null;
let shownPath = null;

async function show() {
  if (frame && location.hash && !location.hash.startsWith("#/")) return; // a jump within the screen
  const place = placeOf(location.hash);
  const moved = place.path !== shownPath;
  frame?.close();
  const mine = (frame = new Frame(main, place));
  shownPath = place.path;
  marked(place);
  menu(false);
  try {
    const screen = await import(`./screens/${place.screen ?? "missing"}.js`);
    if (mine !== frame) return; // another one was asked for meanwhile
    const title = screen.title(place);
    const head = h("h1", { id: "title", tabindex: "-1" }, title);
    swap(main, head, screen.show(mine));
    if (first) standing(); // in this turn, so that it shares answers with the screen
    document.title = `${title} · regen`;
    if (moved) arrive(head);
  } catch (error) {
    console.error(error);
    if (mine === frame) swap(main, h("h1", { id: "title", tabindex: "-1" }, "Not shown"), trouble(error, show));
  }
}

let first = true;

/** A new screen is read out and starts at its top; the first one leaves the focus to the browser. */
function arrive(head) {
  if (!first) {
    head.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  first = false;
}

function marked(place) {
  const root = place.path.split("/")[0];
  const aliases = { compare: "releases" };
  for (const item of document.querySelectorAll("#nav-list a")) {
    const current = item.hash === `#/${aliases[root] ?? root}`;
    if (current) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
}

function menu(open) {
  const button = document.getElementById("menu");
  button.setAttribute("aria-expanded", String(open));
  document.getElementById("nav").classList.toggle("open", open);
}

function navigation() {
  const list = VIEWS.map(([href, name]) =>
    h("li", {}, h("a", { href }, name, h("span", { class: "count", "data-count": name.toLowerCase(), hidden: true }))),
  );
  swap(document.getElementById("nav-list"), list);
  const button = document.getElementById("menu");
  button.addEventListener("click", () => menu(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    menu(false);
    button.focus();
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the hash names the screen; a jump must not replace it
    main.focus();
  });
}

function connection() {
  const place = document.getElementById("live");
  const text = document.getElementById("live-text");
  onConnection((state) => {
    place.dataset.state = state.name;
    const words = {
      wait: "Connecting",
      open: "Live",
      lost: `Disconnected since ${moment(state.since)}`,
      asleep: "Asleep",
    };
    text.textContent = words[state.name];
    place.title = state.name === "lost" ? "What is shown may be old. The page connects again by itself." : "";
    if (state.name === "lost") say("Disconnected. What is shown may be old; the page connects again by itself.");
    if (state.again && !state.first) say("Connected again.");
  });
}

function account() {
  const button = document.getElementById("account");
  const drawn = () => {
    const { role, name } = who();
    button.textContent = role ? "Sign out" : "Sign in";
    button.title = role ? `Signed in as ${name}, with the role ${role}` : "Changes need a token";
  };
  onSession(drawn);
  drawn();
  button.addEventListener("click", async () => {
    if (who().role) await signOut();
    else if (await signIn()) {
      reopen();
      refresh();
    }
  });
}

function themes() {
  const button = document.getElementById("theme");
  const drawn = (choice) => {
    document.getElementById("theme-text").textContent = `Theme: ${choice}`;
    button.title = `Theme: ${choice}`;
  };
  drawn(theme());
  button.addEventListener("click", () => {
    const choice = nextTheme();
    drawn(choice);
    say(`Theme: ${choice}`);
  });
}

/** Screen readers hear what a person would look up for: ends of cycles, conflicts, alerts. Not every stage. */
function announcements() {
  const words = {
    "cycle.completed": ({ environment, duration_s }) =>
      `A cycle of ${environment} ended after ${duration(duration_s)}.`,
    "cycle.failed": ({ environment, message }) => `A cycle of ${environment} failed: ${message}`,
    "conflict.opened": ({ path }) => `A conflict is open in ${path}.`,
    "conflict.resolved": ({ path }) => `The conflict in ${path} is settled.`,
    "monitoring.alert": ({ severity, message }) => `${severity}: ${message}`,
    "monitoring.recovery": ({ message }) => `Recovered: ${message}`,
  };
  onEvent(({ type, data }) => words[type] && say(words[type](data)));
}

/** The project's name, and how many conflicts and alerts are open, beside their views. */
function standing() {
  let asked = false;
  const ask = async () => {
    if (asked) return;
    asked = true;
    try {
      const [status, alerts] = await Promise.all([get("status"), get("alerts")]);
      const conflicts = status.environments.reduce((sum, one) => sum + one.conflicts, 0);
      document.getElementById("project").textContent = status.project;
      count("conflicts", conflicts, "open");
      count("alerts", alerts.items.filter((one) => !one.recovered).length, "open");
    } catch {
      // the screen tells that the server does not answer
    } finally {
      asked = false;
    }
  };
  ask();
  onEvent(({ type }) => /^(conflict|monitoring|release|rollback)\./.test(type) && ask());
  onConnection((state) => state.again && ask());
}

function count(view, many, word) {
  const place = document.querySelector(`[data-count="${view}"]`);
  place.hidden = !many;
  swap(place, String(many), h("span", { class: "sr" }, ` ${word}`));
}

navigation();
themes();
account();
announcements();
connection();
window.addEventListener("hashchange", show);
setInterval(age, 5000);
show();
recall();
connect();
