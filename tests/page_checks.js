// What every view of the page is checked for, as a script that gives what it found, one sentence each.
//
// Rules of WCAG 2.2 (A and AA) that a script can see: names of controls, order of headings, landmarks, labels, unique ids,
// captions, and contrast as it is computed (https://www.w3.org/TR/WCAG22/#contrast-minimum).
(() => {
  const found = [];
  const visible = (e) => {
    const box = e.getBoundingClientRect();
    return (
      box.width > 0 &&
      box.height > 0 &&
      getComputedStyle(e).visibility !== "hidden" &&
      !e.closest("[aria-hidden='true']")
    );
  };
  const tag = (e) => e.outerHTML.slice(0, 90);

  // names
  const named = (e) =>
    (
      e.getAttribute("aria-label") ||
      (e.getAttribute("aria-labelledby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent ?? "")
        .join(" ")
        .trim() ||
      [...(e.labels ?? [])]
        .map((label) => label.textContent)
        .join(" ")
        .trim() ||
      e.textContent.trim() ||
      e.title ||
      ""
    ).trim();
  for (const e of document.querySelectorAll(
    "a, button, input, select, textarea, summary, [tabindex='0'], [role=img], section[aria-labelledby], nav",
  ))
    if (visible(e) && !named(e)) found.push(`no name: ${tag(e)}`);
  for (const e of document.querySelectorAll("input, select, textarea"))
    if (visible(e) && !e.labels?.length && !e.getAttribute("aria-label")) found.push(`no label: ${tag(e)}`);

  // structure
  const heads = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(visible);
  if (heads.filter((e) => e.tagName === "H1").length !== 1) found.push("not one h1");
  let level = 0;
  for (const e of heads) {
    const next = Number(e.tagName[1]);
    if (next > level + 1) found.push(`a heading skips a level: ${tag(e)}`);
    level = next;
  }
  for (const mark of ["header", "nav", "main"]) if (!document.querySelector(mark)) found.push(`no ${mark}`);
  for (const e of document.querySelectorAll("table"))
    if (!e.caption?.textContent || e.querySelectorAll("thead th[scope=col]").length === 0)
      found.push(`a table without caption or heads: ${tag(e)}`);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push(`an id twice: ${id}`);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls]"))
    for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"])
      for (const id of (e.getAttribute(name) ?? "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) found.push(`${name} leads nowhere: ${tag(e)}`);
  if (!document.documentElement.lang || !document.title) found.push("no language or title");
  for (const e of document.querySelectorAll("[aria-hidden='true']"))
    if (e.matches("a, button, [tabindex='0']") || e.querySelector("a, button, [tabindex='0']"))
      found.push(`hidden, yet in the tab order: ${tag(e)}`);

  // contrast
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  const parsed = new Map();
  const rgba = (text) => {
    if (!parsed.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      parsed.set(text, [r, g, b, a / 255]);
    }
    return parsed.get(text);
  };
  const over = (top, below) => top.slice(0, 3).map((c, at) => c * top[3] + below[at] * (1 - top[3]));
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      layers.push(rgba(at instanceof SVGElement ? "transparent" : style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || seen.has(e) || e.closest("script, noscript, title, option") || e.closest(".sr")) continue;
    seen.add(e);
    const box = e.getBoundingClientRect();
    if (box.width === 0 || getComputedStyle(e).visibility === "hidden" || e.closest(":disabled")) continue;
    const style = getComputedStyle(e);
    const drawn = e instanceof SVGElement;
    const rect = drawn && e.parentElement.querySelector("rect");
    const below = rect ? over(rgba(getComputedStyle(rect).fill), ground(e)) : ground(e);
    const text = over(rgba(drawn ? style.fill : style.color), below);
    const [high, low] = [light(text), light(below)].sort((a, b) => b - a);
    const large =
      parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${tag(e)}`);
  }
  return [...new Set(found)].slice(0, 20);
})();
