// Small tools to build the page. Data only ever becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("button.primary", {type: "button", onclick}, "好"). `dataset` is an object; null attributes are left out. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  back: "M15 5l-7 7 7 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  right: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  reload: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  picture: "M4 6h16v12H4zM4 15l4.5-4.5 4 4 3-3L20 16M15.5 9.5h.01",
  list: "M8 7h11M8 12h11M8 17h11M4.5 7h.01M4.5 12h.01M4.5 17h.01",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM20 20l-4.6-4.6",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  calendar: "M5 6h14v14H5zM5 10.5h14M9 4v4M15 4v4",
  file: "M7 4h7l4 4v12H7zM14 4v4h4",
  warn: "M12 4.5l8.5 15h-17zM12 10v4.5M12 17.2h.01",
};

/** A line icon drawn in the colour of the text around it. */
export function icon(name, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// dark enough for white letters
const COLOURS = ["#2767c4", "#0f766e", "#7c4dbd", "#a8471f", "#3b7a2a", "#b03a6b", "#4a5fb8", "#8a5a00"];

/** The square picture of a person: the last letters of the name. */
export function avatar(person, size = "") {
  let sum = 0;
  for (const letter of person.userid) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  const square = h(`span.avatar${size && `.${size}`}`, { "aria-hidden": "true" }, person.name.slice(-2));
  square.style.backgroundColor = COLOURS[sum % COLOURS.length];
  return square;
}

let lastId = 0;

/** An id nobody else on the page has. */
export function fresh(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** A short notice at the edge of the screen. */
export function toast(text, kind = "fine") {
  const box = document.getElementById("toasts");
  const note = h(`div.toast.${kind}`, {}, text);
  box.append(note);
  for (const old of box.querySelectorAll(".toast.fine")) if (old !== note) old.remove(); // the newest word stands alone
  while (box.children.length > 4) box.firstChild.remove();
  setTimeout(() => note.remove(), kind === "bad" ? 9000 : 6000);
}

/** Close `element` by Escape or a press elsewhere; returns a function that stops listening. */
export function dismissable(element, opener, close) {
  const outside = (event) => {
    if (!element.contains(event.target) && !opener.contains(event.target)) close(false);
  };
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(true);
  };
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("focusin", outside, true);
  document.addEventListener("keydown", key, true);
  return () => {
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("focusin", outside, true);
    document.removeEventListener("keydown", key, true);
  };
}
