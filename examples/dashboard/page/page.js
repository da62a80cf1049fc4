// The page: it sends what is recorded, and shows what the server says. Whatever
// a name holds, it is put into the page as text.

import { draw, point } from "./chart.js";

const $ = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");
const signs = new Intl.NumberFormat("en", { signDisplay: "exceptZero" });
const signed = (n) => signs.format(n).replace("-", "\u2212"); // a minus as wide as the plus
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const calendar = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

const words = {
  receive: { button: "Receive", label: "How many came in", done: "Received", min: 1 },
  ship: { button: "Ship", label: "How many go out", done: "Shipped", min: 1 },
  count: { button: "Set right", label: "How many are there", done: "Counted", min: 0 },
};

// The board as it is shown, and the version that it is of.

let shown = null;

function render(board) {
  if (shown && (board.version ?? 0) < (shown.version ?? 0)) return; // an answer that was overtaken
  const before = shown;
  shown = board;
  $("pieces").textContent = numbers.format(board.pieces);
  $("products").textContent = numbers.format(board.products.length);
  $("moved").textContent = numbers.format(board.moved);
  renderRows(board, before);
  renderMoves(board);
  renderSized();
}

const rows = new Map();

function renderRows(board, before) {
  $("empty").hidden = board.products.length > 0;
  $("scroll").hidden = board.products.length === 0;
  const most = Math.max(1, ...board.products.map((line) => line.stock));
  const names = new Set(board.products.map((line) => line.name));
  for (const [name, row] of rows) {
    if (!names.has(name)) {
      row.remove();
      rows.delete(name);
    }
  }
  let fresh = false;
  board.products.forEach((line, i) => {
    let row = rows.get(line.name);
    const known = row !== undefined;
    if (!known) {
      row = newRow(line.name);
      rows.set(line.name, row);
      fresh = true;
    }
    if ($("rows").children[i] !== row) $("rows").insertBefore(row, $("rows").children[i] ?? null);
    const moved = fillRow(row, line, most);
    if (moved && before) flash(row);
  });
  if (fresh || $("names").childElementCount !== names.size) {
    $("names").replaceChildren(...board.products.map((line) => new Option(line.name, line.name)));
  }
}

function newRow(name) {
  const row = element("tr");
  row.addEventListener("animationend", () => row.classList.remove("changed"));
  const pick = element("button", "pick", name);
  pick.type = "button";
  pick.title = "Record a move of this product";
  pick.addEventListener("click", () => {
    $("product").value = name;
    $("quantity").focus();
  });
  const head = element("th");
  head.scope = "row";
  head.append(pick);
  const track = element("span", "track");
  track.append(element("span", "fill"));
  const share = element("td", "share");
  share.setAttribute("aria-hidden", "true");
  share.append(track);
  const when = element("td", "number when");
  when.append(element("time"));
  row.append(head, element("td", "number stock-now"), share, element("td", "number"), element("td", "number"), when);
  return row;
}

// fillRow returns whether the product was moved since the row was filled.
function fillRow(row, line, most) {
  const [, stock, share, received, shipped, when] = row.children;
  stock.textContent = numbers.format(line.stock);
  share.classList.toggle("none", line.stock === 0);
  share.querySelector(".fill").style.width = `${(100 * line.stock) / most}%`;
  received.textContent = numbers.format(line.received);
  shipped.textContent = numbers.format(line.shipped);
  const time = when.firstElementChild;
  const moved = time.dateTime !== line.changed;
  showTime(time, line.changed);
  return moved;
}

function flash(row) {
  row.classList.remove("changed");
  void row.offsetWidth; // else the animation does not begin again
  row.classList.add("changed");
}

function renderMoves(board) {
  $("quiet").hidden = board.moves.length > 0;
  $("legend").hidden = board.moves.length === 0;
  $("moves").replaceChildren(...board.moves.slice(-6).reverse().map((move) => {
    const item = element("li");
    const time = element("time");
    showTime(time, move.time);
    const what = element("span", "what");
    what.append(element("span", `verb ${move.verb}`, words[move.verb].done), `, ${numbers.format(move.stock)} in stock`);
    item.append(element("span", "name", move.product), element("span", "change", signed(move.change)), what, time);
    return item;
  }));
}

let pointed = null; // the number of the move under the pointer

// renderSized renders what depends on the size of the page.
function renderSized() {
  const scroll = $("scroll");
  scroll.tabIndex = scroll.scrollWidth > scroll.clientWidth ? 0 : -1; // to be scrolled by the keyboard too
  renderChart();
}

function renderChart() {
  const { moves, pieces } = shown;
  const move = moves[pointed] ?? moves.at(-1);
  draw($("svg"), $("plot"), moves, pointed);
  $("readout").textContent = move ? describe(move) : "Nothing has moved yet.";
  $("svg").setAttribute("aria-label", moves.length === 0 ? "Chart of the stock: nothing has moved yet"
    : `Chart of the stock over the latest ${moves.length} moves, from ${numbers.format(moves[0].pieces - moves[0].change)} to ${numbers.format(pieces)} in all. The list of the latest moves has the numbers.`);
}

function describe(move) {
  const change = move.verb === "count" ? signed(move.change) : numbers.format(Math.abs(move.change));
  return `${timeText(new Date(move.time))} \u00b7 ${words[move.verb].done} ${change} of ${move.product}: ${numbers.format(move.pieces)} in all`;
}

$("plot").addEventListener("pointermove", (event) => {
  if (!shown) return;
  pointed = point($("plot"), event, shown.moves);
  renderChart();
});
$("plot").addEventListener("pointerleave", () => {
  pointed = null;
  if (shown) renderChart();
});
new ResizeObserver(() => shown && renderSized()).observe($("plot"));

function element(name, className = "", text = "") {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

function showTime(e, at) {
  if (e.dateTime === at) return;
  e.dateTime = at;
  e.textContent = timeText(new Date(at));
}

function timeText(at) {
  return at.toDateString() === new Date().toDateString() ? clock.format(at) : calendar.format(at);
}

// Following the server. The browser connects again by itself, save where it
// takes an answer for final.

let source = null;
let again = 0;

function connect() {
  disconnect("waiting", "Connecting");
  source = new EventSource("api/updates");
  source.addEventListener("open", () => {
    shown = shown && { ...shown, version: 0 }; // what comes is true, also if the server began anew
    connection("live", "Live");
  });
  source.addEventListener("message", (event) => render(JSON.parse(event.data)));
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
  $("connection").textContent = text;
}

// A page that nobody sees holds no connection: browsers have six for a server.
function followWhileSeen() {
  if (document.hidden) disconnect("waiting", "Paused");
  else connect();
}
document.addEventListener("visibilitychange", followWhileSeen);
window.addEventListener("online", followWhileSeen);
window.addEventListener("offline", () => disconnect("waiting", "Offline"));
followWhileSeen();

// Recording a move.

const form = $("order");
let pending = false;
let attempt = null; // the order that was sent last and its key, until its outcome is known

form.addEventListener("change", choose);
function choose() {
  const chosen = words[form.elements.verb.value];
  $("submit").textContent = chosen.button;
  $("quantity-label").textContent = chosen.label;
  $("quantity").min = chosen.min;
}
choose();

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (pending) return;
  busy(true);
  say("good", ""); // so that the same words are announced again
  const verb = form.elements.verb.value;
  try {
    say("good", await record(verb, newOrder(verb)));
    $("quantity").value = "";
    if (form.contains(document.activeElement)) $("product").select();
  } catch (problem) {
    say("bad", sentence(problem.message));
  } finally {
    busy(false);
  }
});

function newOrder(verb) {
  const order = { product: $("product").value, quantity: Number($("quantity").value) };
  if (verb === "count") {
    const name = order.product.trim().replace(/\s+/g, " ");
    order.book = shown?.products.find((line) => line.name === name)?.stock ?? 0;
  }
  return order;
}

// record sends an order and waits until the board shows it. An order whose
// answer was lost goes out again under the same key, and so counts once.
async function record(verb, order) {
  const body = JSON.stringify(order);
  if (attempt?.verb !== verb || attempt.body !== body) attempt = { verb, body, key: newKey() };
  const sent = attempt;
  const answer = await post(verb, body, sent.key);
  if (attempt === sent) attempt = null;
  const done = `${words[verb].done} ${numbers.format(order.quantity)} of ${answer.product}`;
  let board;
  try {
    board = await ask(`api/stock?after=${answer.version}`);
  } catch {
    return `${done}.`; // it is recorded, and will be shown
  }
  render(board);
  const line = board.products.find((line) => line.name === answer.product);
  return `${done}: ${numbers.format(line.stock)} in stock.`;
}

async function post(verb, body, key) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  for (let pause = 500; ; pause *= 2) {
    try {
      return await ask(`api/${verb}`, { method: "POST", headers, body });
    } catch (problem) {
      if (problem.final) attempt = null;
      if (problem.final || pause > 4000) throw problem;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

// ask throws an error that is final if asking again would not help.
async function ask(url, options) {
  let response, answer;
  try {
    response = await fetch(url, options);
    answer = await response.json();
  } catch {
    throw Object.assign(new Error("the server cannot be reached; it is not known whether this was recorded"), { final: false });
  }
  if (!response.ok) throw Object.assign(new Error(answer.error), { final: response.status !== 503 });
  return answer;
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function busy(is) {
  pending = is;
  $("submit").setAttribute("aria-disabled", String(is));
}

function say(kind, text) {
  $("result").dataset.kind = kind;
  $("result").textContent = text;
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1) + ".";
}
