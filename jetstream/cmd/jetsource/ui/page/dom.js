// Making the page. Whatever a text holds, it becomes text: there is no other way in here.

export const $ = (id) => document.getElementById(id);

// el makes an element with properties and children; texts become text nodes.
export function el(name, props = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key in e && key !== "list") e[key] = value;
    else e.setAttribute(key, value);
  }
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false && c !== ""));
  return e;
}

// visible makes characters seen that are not, or that turn the text around them.
export function visible(text) {
  return String(text).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\u27e8${c.codePointAt(0).toString(16).padStart(4, "0")}\u27e9`);
}

export const name = (text, props = {}) => el("bdi", props, visible(text).replaceAll("\n", "\u21b5") || "(empty)");
export const link = (parts, ...children) => el("a", { href: hash(...parts) }, ...children);
export const hash = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");
export const card = (title, ...children) => el("section", { className: "card" }, title && el("h3", {}, title), ...children);
export const note = (text, kind = "") => el("p", { className: `note ${kind}` }, visible(text));
export const code = (text, props = {}) => el("pre", { tabIndex: 0, ...props }, visible(text));

const numbers = new Intl.NumberFormat("en");
export const number = (n) => numbers.format(n);
export const count = (n, one, many = one + "s") => `${number(n)} ${n === 1 ? one : many}`;

const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
export function time(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return el("time", { dateTime: at, title: at }, today ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`);
}

// rows is a table whose cells are texts or nodes; a name in front of a heading's colon is its class.
export function rows(heads, lines) {
  const cells = heads.map((h) => h.split(":"));
  return el("div", { className: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, cells.map(([kind, text]) => el("th", { scope: "col", className: kind }, text)))),
    el("tbody", {}, lines.map((line) => el("tr", {}, line.map((c, i) => el("td", { className: cells[i][0] }, c)))))));
}

// line is a message in a list: a link to the event in full.
export function line(e) {
  return el("a", { className: "line", href: hash("event", e.position) },
    el("span", { className: "position" }, String(e.position)), time(e.time), name(e.kind, { className: "kind" }),
    el("span", { className: "of" }, name(e.aggregate), " ", name(e.id)),
    el("span", { className: "text" }, name(e.text)), e.note && el("span", { className: "problem" }, name(e.note)));
}

// ask asks the server a question.
export async function ask(path, params = {}, signal) {
  return read(await fetch(`api/${path}?${new URLSearchParams(params)}`, { signal }));
}

export async function read(response) {
  const answer = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  if (!response.ok) throw Object.assign(new Error(answer.error), { away: response.status === 503 });
  return answer;
}
