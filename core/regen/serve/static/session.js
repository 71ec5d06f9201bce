// Who one is. The token goes to the server once, in a body; what stays is a cookie that scripts cannot read.
import { get, post, Problem, remove, useCsrf } from "./api.js";
import { ask, toast } from "./dialog.js";
import { h, say } from "./dom.js";

let session = { role: null, name: null };
const hearers = [];

/** {role, name} of the session; role null: nobody is signed in. */
export const who = () => session;
/** Be told when somebody signs in or out. */
export const onSession = (heard) => hearers.push(heard);

function become(found) {
  session = { role: found?.csrf ? found.role : null, name: found?.name ?? null };
  useCsrf(found?.csrf ?? null);
  for (const heard of hearers) heard(session);
}

/** Ask the server who one is: after a reload the cookie is still there. */
export async function recall() {
  try {
    become(await get("session"));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    become(null);
  }
}

/** The dialog for a token; gives the session, or null where a person went away. */
export function signIn(reason = "") {
  return ask({
    title: "Sign in",
    verb: "Sign in",
    body: [
      reason && h("p", {}, reason),
      h("label", { for: "token" }, "Token"),
      h("input", {
        id: "token",
        name: "token",
        type: "password",
        required: true,
        autocomplete: "off",
        spellcheck: "false",
        "aria-describedby": "token-note",
      }),
      h(
        "p",
        { class: "note", id: "token-note" },
        "A token is made with ",
        h("code", {}, "regen token create"),
        ". It goes to this server only, and is kept nowhere in the browser.",
      ),
    ],
    act: async (form) => {
      const found = await post("session", { token: form.elements.token.value.trim() });
      become(found);
      say(`Signed in as ${found.name ?? found.role}`);
      return session;
    },
  });
}

/** End the session. */
export async function signOut() {
  try {
    await remove("session");
  } finally {
    become(null);
  }
  toast("Signed out");
  say("Signed out");
}

/** Whether one is signed in, after asking for it; only then is there something to confirm. */
export async function signedIn(reason) {
  return who().role ? true : Boolean(await signIn(reason));
}

/** Send a change; a session that ended meanwhile is forgotten, so that the next press asks for a token. */
export async function change(path, body) {
  try {
    return await post(path, body);
  } catch (error) {
    if (error.status === 401) become(null);
    throw error;
  }
}
