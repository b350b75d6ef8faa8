// Words with links in them. Only <a href="…">…</a> and bare http addresses become links; all else stays text.

import { h } from "./dom.js";
import { town } from "./town.js";

const LINK = /<a\s+[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([\s\S]*?)<\/a>|(https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+)/gi;
const TAIL = /[.,;:!?)\]']+$/;

/** The address as a URL, or null if it is none of the web. */
export function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

/** Whether the phone's own browser opens it: a page of the bot's, or the way there through OAuth. */
export function opensInside(url) {
  if (!town.inside) return false;
  return url.origin === new URL(town.inside).origin || url.pathname.endsWith("/connect/oauth2/authorize");
}

/** Where the phone of `userid` finds a page of the bot's. */
export function insidePath(userid, url) {
  return `${encodeURIComponent(userid)}/open?url=${encodeURIComponent(url.href)}`;
}

/** Where a picture is found; only the bot's own are fetched, through the phone. */
export function pictureAddress(userid, text) {
  const url = webAddress(text ?? "");
  if (!url || !town.inside || url.origin !== new URL(town.inside).origin) return null;
  return `${encodeURIComponent(userid)}/web${url.pathname}${url.search}`;
}

/** A link as a phone has it: into its own browser, or into a new tab. `what` may carry classes: "a.card-jump". */
export function link(phone, address, content, what = "a") {
  const url = webAddress(address);
  if (!url) return h(what.replace(/^a\b/, "span"), {}, content);
  if (!opensInside(url)) {
    return h(what, { href: url.href, target: "_blank", rel: "noopener noreferrer", dataset: { opens: "tab" } }, content);
  }
  const onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    phone.open(url);
  };
  return h(what, { href: insidePath(phone.userid, url), onclick, dataset: { opens: "phone" } }, content);
}

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const plain = (text) => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (found) => entities[found]);

/** The nodes of a text. */
export function rich(phone, text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    let [whole, double, single, label, bare] = found;
    if (bare) {
      bare = bare.replace(TAIL, "");
      whole = bare;
    }
    const address = bare ?? plain(double ?? single ?? "");
    if (!webAddress(address)) continue;
    nodes.push(text.slice(done, found.index), link(phone, address, bare ?? label.replace(/<[^>]*>/g, "")));
    done = found.index + whole.length;
  }
  nodes.push(text.slice(done));
  return nodes.filter((node) => node !== "");
}

const INLINE = /\*\*(.+?)\*\*|\[([^\]]+)\]\((https?:[^)\s]+)\)|`([^`\n]+)`|<font color="(info|comment|warning)">([\s\S]*?)<\/font>/g;

function inline(phone, text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, bold, label, address, code, colour, coloured] = found;
    nodes.push(text.slice(done, found.index));
    if (bold) nodes.push(h("strong", {}, inline(phone, bold)));
    else if (address) nodes.push(link(phone, address, label));
    else if (code) nodes.push(h("code", {}, code));
    else nodes.push(h(`span.font-${colour}`, {}, inline(phone, coloured)));
    done = found.index + whole.length;
  }
  nodes.push(text.slice(done));
  return nodes.filter((node) => node !== "");
}

/** The platform's small markdown: headings, bold, links, code on a line, quotes, three colours. */
export function markdown(phone, text) {
  return text.split("\n").map((line) => {
    const heading = /^(#{1,6}) (.*)$/.exec(line);
    if (heading) return h("div.md-heading", {}, inline(phone, heading[2]));
    if (line.startsWith(">")) return h("div.md-quote", {}, inline(phone, line.replace(/^>\s?/, "")));
    return h("div", {}, inline(phone, line) || "\u00a0");
  });
}

/** A textcard's description: <br>, and <div class="gray|highlight|normal">. */
export function described(text) {
  const nodes = [];
  for (const piece of text.split(/(<div\s+class="(?:gray|highlight|normal)">[\s\S]*?<\/div>)/)) {
    const styled = /^<div\s+class="(\w+)">([\s\S]*)<\/div>$/.exec(piece);
    const lines = (styled ? styled[2] : piece).split(/<br\s*\/?>/);
    const content = lines.flatMap((line, i) => (i ? [h("br"), line] : [line])).filter((line) => line !== "");
    if (content.length) nodes.push(h(styled ? `div.td-${styled[1]}` : "div", {}, content));
  }
  return nodes;
}
