// Walking a list by arrows: one of its items is in the tab order, as in a toolbar (WAI-ARIA, roving tabindex).

const STEPS = {
  horizontal: { ArrowLeft: -1, ArrowRight: 1 },
  vertical: { ArrowUp: -1, ArrowDown: 1 },
};

/** Make the items of a list walkable; `moved(item)` is told of each step. Items found by `selector` at each key. */
export function roving(list, selector, { along = "horizontal", moved = null, start = null } = {}) {
  const items = () => [...list.querySelectorAll(selector)];
  const go = (item) => {
    settle(items(), item);
    item.focus();
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  settle(items(), start ?? items().find((item) => item.tabIndex === 0) ?? items()[0]);
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = at < 0 ? null : target(all, at, event.key, STEPS[along]);
    if (!next) return;
    event.preventDefault();
    go(next);
  });
  list.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (!item) return;
    settle(items(), item);
    moved?.(item);
  });
}

function target(all, at, key, steps) {
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (key === "PageUp") return all[Math.max(0, at - 10)];
  if (key === "PageDown") return all[Math.min(all.length - 1, at + 10)];
  return key in steps ? all[at + steps[key]] : null;
}

function settle(all, chosen) {
  for (const item of all) item.tabIndex = item === chosen ? 0 : -1;
}
