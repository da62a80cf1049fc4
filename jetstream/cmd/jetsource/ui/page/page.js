// The page: which view is shown, and what the server sends to it.

import { $, ask, note, visible } from "./dom.js";
import { live } from "./live.js";
import { aggregates, history } from "./aggregates.js";
import { event, keepToken } from "./event.js";
import { trace } from "./trace.js";
import { gaps, health } from "./state.js";
import { reactors } from "./reactors.js";

const views = { live, aggregates, history, event, trace, gaps, health, reactors };
let shown = { end() {}, update() {} };
let last = null; // the last update

// A view is a function of its arguments and a context: it fills context.root, adds what ends it, and
// may return an object whose update is called with what the server sends.
async function show() {
  const [view, ...args] = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  shown.end();
  const over = new AbortController();
  const context = { root: $("view"), signal: over.signal, store: about, again: show };
  const mine = shown = { end: () => over.abort(), update() {} };
  const build = Object.hasOwn(views, view) ? views[view] : live;
  for (const a of document.querySelectorAll("nav a")) {
    const current = a.hash === `#/${view}` || build === live && a.hash === "#/live" || view === "history" && a.hash === "#/aggregates";
    if (current) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  try {
    const made = await build(context, ...args);
    if (shown !== mine) return;
    Object.assign(mine, made);
    if (last) mine.update({ ...last, events: recent });
  } catch (problem) {
    if (over.signal.aborted) return;
    context.root.replaceChildren(note(problem.message, "bad"));
    mine.away = problem.away;
  }
  if (moved) context.root.querySelector("h2")?.focus();
  moved = true;
  document.title = `${context.root.querySelector("h2")?.textContent ?? "jetsource"} \u00b7 ${$("stream").textContent}`;
}
let moved = false; // the first view takes no focus

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// What the page is about.

const about = keepToken({});

async function tellAbout() {
  Object.assign(about, await ask("store"));
  $("stream").textContent = visible(about.stream);
  $("about").textContent = `${about.server} \u00b7 store ${about.store || "without an id"} \u00b7 subjects ${about.prefix}.* \u00b7 ${about.size} \u00b7 ${about.write ? "can write" : "read only"}`;
}

// Following the store. The browser connects again by itself, save where it takes an answer for final.

let source = null;
let again = 0;
let recent = []; // the last events, the newest first

function connect() {
  disconnect("waiting", "Connecting");
  source = new EventSource("api/updates");
  source.addEventListener("open", () => tellAbout().catch(() => {}));
  source.addEventListener("update", (message) => {
    const update = JSON.parse(message.data);
    if (update.problem) return connection("waiting", update.problem);
    connection("live", "Live");
    if (shown.away) show(); // the server is back
    if (last && update.head < last.head) recent = []; // another store
    last = update;
    const newest = recent[0]?.position ?? 0;
    update.events = (update.events ?? []).filter((e) => e.position > newest).reverse();
    recent = [...update.events, ...recent].slice(0, 50);
    shown.update(update);
  });
  source.addEventListener("error", () => {
    connection("waiting", "Reconnecting");
    if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 2000);
  });
}

function disconnect(state, text) {
  clearTimeout(again);
  source?.close();
  source = null;
  connection(state, text);
}

function connection(state, text) {
  if ($("connection").textContent === text) return;
  $("connection").dataset.state = state;
  $("connection").textContent = visible(text);
}

// A page that nobody sees holds no connection: browsers have six for a server.
function followWhileSeen() {
  if (document.hidden) disconnect("waiting", "Paused");
  else connect();
}
document.addEventListener("visibilitychange", followWhileSeen);
window.addEventListener("online", followWhileSeen);

// The keyboard: "/" finds, the arrows go along a list.

$("find").addEventListener("submit", (e) => {
  e.preventDefault();
  const sought = $("sought").value.trim();
  if (sought) location.hash = `#/${/^\d+$/.test(sought) ? "event" : "trace"}/${encodeURIComponent(sought)}`;
});
document.addEventListener("keypress", (e) => { // before the key becomes a character of the field
  if (e.key !== "/" || e.target.matches("input")) return;
  e.preventDefault();
  $("sought").select();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  const list = e.target.closest?.("[data-list]");
  if (!step || !list || e.target.matches("pre")) return;
  e.preventDefault();
  const links = [...list.querySelectorAll("a")];
  links[links.indexOf(e.target) + step]?.focus();
});

document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault(); // the fragment says which view it is
  $("view").focus();
});

window.addEventListener("hashchange", show);
followWhileSeen();
tellAbout().catch(() => {}).then(show);
