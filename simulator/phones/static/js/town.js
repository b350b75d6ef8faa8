// What this page knows of the town, kept up to date by the stream of events. Changes are told through `news`.

import { get } from "./api.js";

export const news = new EventTarget();

export const town = {
  app: "", inside: "", links: [], first: [], menu: null, violations: 0, turning: false,
  people: new Map(), // userid -> {userid, name, title, group, unit, on_plugin, arrived}
  chats: new Map(), // userid -> [entry]
  inView: new Set(), // userids whose chat is on the screen
};

const SEEN = "phones.seen";
const KEPT = 600; // entries of a chat kept in the page
let calendar = { at: 0, from: 0, running: false };
let seen = {};
const overtaken = new Map(); // userid -> what was told while its chat was being read

function tell(kind, detail = {}) {
  news.dispatchEvent(new CustomEvent(kind, { detail }));
}

/** The present moment in the town. */
export function now() {
  return new Date(calendar.at + (calendar.running ? performance.now() - calendar.from : 0));
}

function setCalendar({ now: moment, running }) {
  calendar = { at: Date.parse(moment), from: performance.now(), running };
  tell("calendar");
}

/** How many messages this person has not looked at. */
export function unread(userid) {
  const person = town.people.get(userid);
  return person ? Math.max(0, person.arrived - (seen[userid] ?? 0)) : 0;
}

function markSeen(userid) {
  const person = town.people.get(userid);
  if (!person || seen[userid] === person.arrived) return;
  seen[userid] = person.arrived;
  sessionStorage.setItem(SEEN, JSON.stringify(seen));
  tell("unread", { userid });
}

/** The chat of `userid` is (or is no longer) on the screen. */
export function setInView(userid, yes) {
  if (yes) {
    town.inView.add(userid);
    markSeen(userid);
  } else {
    town.inView.delete(userid);
  }
}

/** Read everything anew. */
export async function load() {
  const state = await get("state");
  const { people, now: moment, running, ...rest } = state;
  Object.assign(town, rest);
  town.people = new Map(people.map((person) => [person.userid, person]));
  let known = null;
  try {
    known = JSON.parse(sessionStorage.getItem(SEEN));
  } catch {
    // written by somebody else: begin anew
  }
  // opened for the first time, the page takes what is there as read; a count that has shrunk is another town's
  seen = {};
  for (const person of people) seen[person.userid] = Math.min(known ? (known[person.userid] ?? 0) : Infinity, person.arrived);
  sessionStorage.setItem(SEEN, JSON.stringify(seen));
  setCalendar({ now: moment, running });
  tell("people");
  tell("menu");
  tell("violations");
  await Promise.all([...town.chats.keys()].map(loadChat));
}

/** Read the chat of one person. What is told meanwhile may be newer than the answer, and is put in afterwards. */
export async function loadChat(userid) {
  const meanwhile = [];
  overtaken.set(userid, meanwhile);
  const chat = await get(`chat/${encodeURIComponent(userid)}`);
  town.chats.set(userid, chat.entries);
  if (overtaken.get(userid) === meanwhile) overtaken.delete(userid);
  arrive(userid, Math.max(chat.arrived, meanwhile.at(-1)?.arrived ?? 0));
  tell("chat", { userid });
  for (const { entry } of meanwhile) putEntry(userid, entry);
}

/** Forget a chat no phone shows. */
export function forgetChat(userid) {
  town.chats.delete(userid);
}

function arrive(userid, arrived) {
  const person = town.people.get(userid);
  if (!person) return;
  person.arrived = arrived;
  if (town.inView.has(userid)) markSeen(userid);
  else tell("unread", { userid });
}

function putEntry(userid, entry) {
  const entries = town.chats.get(userid);
  if (!entries) return;
  const place = entries.findIndex((other) => other.id === entry.id);
  if (place >= 0) {
    entries[place] = entry;
  } else {
    entries.push(entry);
    if (entries.length > KEPT) entries.splice(0, entries.length - KEPT);
  }
  tell("entry", { userid, entry, isNew: place < 0 });
}

const HEARD = {
  message: ({ person, entry, arrived }) => {
    overtaken.get(person)?.push({ entry, arrived });
    putEntry(person, entry);
    arrive(person, arrived);
  },
  card: ({ person, entry, arrived }) => {
    overtaken.get(person)?.push({ entry, arrived });
    putEntry(person, entry);
  },
  calendar: setCalendar,
  menu: ({ menu }) => {
    town.menu = menu;
    tell("menu");
  },
  people: ({ person, on_plugin: onPlugin }) => {
    const someone = town.people.get(person);
    if (someone && onPlugin !== undefined) someone.on_plugin = onPlugin;
    tell("people", { userid: person });
    if (town.chats.has(person)) loadChat(person).catch(() => {});
  },
  call: ({ violations }) => {
    town.violations = violations;
    tell("violations");
    tell("wire");
  },
  callback: () => tell("wire"),
};

/** Follow the stream of events; after a break everything is read anew. */
export function follow(broken = false) {
  const stream = new EventSource("api/events");
  stream.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.kind === "reload" || (event.kind === "hello" && broken)) {
      broken = false;
      load().catch(() => {});
    }
    HEARD[event.kind]?.(event);
    tell("connection", { alive: true });
  };
  stream.onerror = () => {
    broken = true;
    tell("connection", { alive: false });
    if (stream.readyState === EventSource.CLOSED) {
      stream.close();
      setTimeout(() => follow(true), 2000);
    }
  };
}
