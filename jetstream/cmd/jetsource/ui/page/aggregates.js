// The kinds, the aggregates of a kind, and the history of one of them.

import { ask, card, count, el, hash, line, link, name, note, number, rows, visible } from "./dom.js";

export async function aggregates(context, kind) {
  if (kind !== undefined) return ofKind(context, kind);
  const { root, signal } = context;
  const of = el("input", { id: "kind", required: true, autocomplete: "off", spellcheck: false });
  const id = el("input", { id: "id", required: true, autocomplete: "off", spellcheck: false });
  const open = el("form", { className: "fields", onsubmit(e) {
    e.preventDefault();
    location.hash = hash("history", of.value, id.value);
  } }, el("label", {}, "Kind", of), el("label", {}, "Id", id), el("button", {}, "Open"));
  let kinds;
  try {
    kinds = await ask("kinds", {}, signal);
  } catch (problem) {
    if (signal.aborted) throw problem;
    root.replaceChildren(el("h2", { tabIndex: -1 }, "Aggregates"), note(problem.message, "bad"), card("Open one", open));
    return;
  }
  const sorted = (counts) => Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  const list = rows([":Kind", "number:Aggregates"], sorted(kinds.aggregates).map(([k, n]) => [link(["aggregates", k], name(k)), number(n)]));
  list.setAttribute("data-list", "");
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Aggregates"), el("div", { className: "columns" },
    el("div", {}, card("Kinds of aggregates", list), card("Open one", open)),
    card("Kinds of events", rows([":Kind", "number:Events"], sorted(kinds.events).map(([k, n]) => [name(k), number(n)])))));
}

async function ofKind({ root, signal }, kind) {
  const search = el("input", { id: "search", type: "search", autocomplete: "off", spellcheck: false });
  const found = el("p", { className: "note", role: "status" });
  const list = el("ul", { id: "ids", className: "ids", "data-list": "" });
  const back = el("button", { type: "button", onclick: () => turn(-50) }, "Previous");
  const next = el("button", { type: "button", onclick: () => turn(50) }, "Next");
  let from = 0;
  let asked = 0;
  async function fill() {
    const mine = ++asked;
    const { ids, total } = await ask("aggregates", { kind, search: search.value, from }, signal);
    if (mine !== asked) return; // a later search was faster
    found.textContent = total > ids.length ? `${number(from + 1)} to ${number(from + ids.length)} of ${count(total, "aggregate")}` : count(total, "aggregate");
    list.replaceChildren(...ids.map((id) => el("li", {}, link(["history", kind, id], name(id)))));
    back.disabled = from === 0;
    next.disabled = from + ids.length >= total;
  }
  const tell = (problem) => signal.aborted || (found.textContent = visible(problem.message));
  function turn(by) {
    from = Math.max(0, from + by);
    fill().catch(tell);
  }
  let typed = 0;
  search.addEventListener("input", () => {
    clearTimeout(typed);
    from = 0;
    typed = setTimeout(() => fill().catch(tell), 200);
  });
  await fill();
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Aggregates of kind ", name(kind)),
    el("section", { className: "card" }, el("div", { className: "fields" }, el("label", {}, "Ids that contain", search)), found, list, el("p", { className: "bar" }, back, next)));
}

// history is a timeline, which grows while it is shown.
export async function history({ root, signal }, kind, id) {
  const list = el("ol", { id: "timeline", className: "timeline", "data-list": "" });
  const more = el("button", { id: "more", type: "button", onclick: () => fill().catch(tell) }, "Show more");
  const problems = el("p", { className: "note bad", role: "status" });
  const tell = (problem) => signal.aborted || (problems.textContent = visible(problem.message));
  let next = 0;
  let before = null; // the event that was added last
  let filling = null; // one at a time, or an event is there twice
  const fill = () => (filling ??= load().finally(() => (filling = null)));
  async function load() {
    const { events, next: after } = await ask("history", { kind, id, from: next }, signal);
    for (const e of events) {
      if (before && before.commit !== e.commit) list.append(el("li", { className: "later" }, later(new Date(e.time) - new Date(before.time))));
      list.append(el("li", { className: before?.commit === e.commit ? "same" : "first" }, line(e)));
      before = e;
    }
    more.hidden = after === 0;
    next = after || before.position + 1;
  }
  await fill();
  root.replaceChildren(el("h2", { tabIndex: -1 }, name(kind), " ", name(id)),
    el("p", { className: "note" }, "Its events, the oldest first. Those of one commit are joined. ", link(["aggregates", kind], "Others of this kind")),
    el("section", { className: "card" }, list, more, problems));
  return {
    update({ events }) {
      if (more.hidden && events.some((e) => e.aggregate === kind && e.id === id && e.position >= next)) fill().catch(tell);
    },
  };
}

function later(ms) {
  for (const [unit, one] of [[86400000, "day"], [3600000, "hour"], [60000, "minute"], [1000, "second"]]) {
    if (ms >= unit) return `${count(Math.round(ms / unit), one)} later`;
  }
  return `${number(Math.max(0, ms))} ms later`;
}
