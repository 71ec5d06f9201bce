// Light or dark, before anything is drawn: by the system unless a person chose. Only this choice is stored.
const KEY = "regen.theme";
const ORDER = ["system", "light", "dark"];

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.includes(value) ? value : "system";
  } catch {
    return "system"; // storage is off: the system's choice holds
  }
}

function put(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

/** What is chosen now: "system", "light" or "dark". */
export const theme = stored;

/** The next choice, put into force and stored. */
export function nextTheme() {
  const choice = ORDER[(ORDER.indexOf(stored()) + 1) % ORDER.length];
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // it holds until the page is loaded again
  }
  put(choice);
  return choice;
}

put(stored());
