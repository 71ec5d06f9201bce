// A question that waits for its answer: the browser's own dialog keeps the focus inside and closes by Escape.
import { again, h, swap } from "./dom.js";
import { mark, trouble } from "./parts.js";

/**
 * Ask in a dialog. `act(form)` does what was asked; while it runs nobody can press twice, and what goes wrong is shown
 * in the dialog. The promise gives what `act` gave, or null when a person went away.
 */
export function ask({ title, body, verb, danger = false, act }) {
  return new Promise((settle) => {
    const said = h("div", { class: "said" });
    const go = h("button", { type: "submit", class: danger ? "danger" : "main" }, verb);
    const form = h(
      "form",
      { method: "dialog", autocomplete: "off" },
      h("h2", { id: "dialog-title" }, title),
      h("div", { class: "dialog-body" }, body),
      said,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: "quiet", on: { click: () => box.close() } }, "Cancel"),
        go,
      ),
    );
    const box = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    const back = document.activeElement;
    let answer = null;
    box.addEventListener("close", () => {
      box.remove();
      again(document, back)?.focus({ preventScroll: true });
      settle(answer);
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      swap(said);
      try {
        answer = (await act(form)) ?? true;
        box.close();
      } catch (error) {
        swap(said, trouble(error));
        go.disabled = false;
        go.focus();
      }
    });
    document.body.append(box);
    box.showModal();
  });
}

let fading = 0;

/** A short word that something was done; screen readers are told by the caller. */
export function toast(text, tone = "good") {
  document.querySelector(".toast")?.remove();
  clearTimeout(fading);
  const box = h("div", { class: "toast" }, mark(tone, text));
  document.body.append(box);
  fading = setTimeout(() => box.remove(), 6000);
}
