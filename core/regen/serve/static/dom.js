// Elements from data. All that comes from outside becomes text or an attribute, never HTML: there is no other way here.
const SVG = "http://www.w3.org/2000/svg";

/** An element: h("a", {href: "#/", on: {click}}, "text", child). null and false as attribute or child are left out. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) put(element, name, value);
  element.append(...nodes(children));
  return element;
}

/** What may be appended of a tree of arrays, nodes, texts and nothing. */
function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

function put(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [type, heard] of Object.entries(value)) element.addEventListener(type, heard);
  } else if (name === "style") {
    // Through the object model: the policy of the page forbids style attributes.
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else if (name === "value") {
    element.value = value;
  } else if (name.startsWith("on")) {
    throw new Error(`${name}: listeners go into \`on\``);
  } else if (name === "href" && !/^[#/]/.test(value)) {
    // A link leads to a place of this page; what a graph says can never be a `javascript:` address.
    throw new Error("a link that leads away");
  } else {
    element.setAttribute(name, value === true ? "" : value);
  }
}

/** Put children in place of what a region holds; the focus and the caret stay where they were. */
export function swap(region, ...children) {
  const held = region.contains(document.activeElement) ? document.activeElement : null;
  const left = [...region.querySelectorAll("[data-scroll]")].map((box) => [
    box.dataset.scroll,
    box.scrollTop,
    box.scrollLeft,
  ]);
  region.replaceChildren(...nodes(children));
  for (const [name, top, side] of left) {
    const box = region.querySelector(`[data-scroll="${CSS.escape(name)}"]`);
    if (box) [box.scrollTop, box.scrollLeft] = [top, side];
  }
  if (!held || held === region) return;
  const same = again(region, held);
  if (same) same.focus({ preventScroll: true });
  else {
    // What had the focus is gone: the region takes it, so that the next Tab goes on from here.
    region.tabIndex = -1;
    region.focus({ preventScroll: true });
  }
}

/** The element, or the one that was drawn in its place meanwhile: it has the same key or id. */
export function again(region, element) {
  if (!element || element.isConnected) return element;
  const key = element.dataset.key ?? element.id;
  return key ? region.querySelector(`[data-key="${CSS.escape(key)}"], #${CSS.escape(key)}`) : null;
}

/** Say something to screen readers; the same words twice are said twice. */
export function say(text) {
  const place = document.getElementById("says");
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}
