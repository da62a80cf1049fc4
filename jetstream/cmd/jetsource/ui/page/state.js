// How the store is: health, gaps, and reactors.

import { ask, card, code, count, el, link, name, note, number, rows, time } from "./dom.js";

export async function health({ root, signal, again }) {
  const symptoms = await ask("health", {}, signal);
  const words = { ok: "OK", warning: "Warning", wrong: "Wrong" };
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Health"),
    el("section", { className: "card" },
      el("div", { className: "bar" }, el("p", { className: "note" }, "What jetsource doctor says; jetsource verify reads the log itself."), el("button", { type: "button", onclick: again }, "Look again")),
      el("ul", { id: "symptoms", className: "symptoms" }, symptoms.map((s) => el("li", { "data-state": s.state },
        el("span", { className: "chip", "data-state": s.state }, words[s.state] ?? s.state), el("b", {}, s.what), el("span", {}, name(s.text), s.advice && note(s.advice)))))));
}

export async function gaps({ root, signal }) {
  const all = await ask("gaps", {}, signal);
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Gaps"), el("section", { className: "card" },
    el("p", { className: "note" }, "What readers pass over: commits that lost their end, and what was struck out."),
    all.length === 0 ? note("There are none.") : rows(["number:Position", ":What", ":When"], all.map((g) => [
      link(["event", g.from], g.to > g.from ? `${number(g.from)} to ${number(g.to)}` : number(g.from)),
      g.commit ? el("span", {}, "Void: commit ", name(g.commit), " lost its end") : el("span", {}, "Struck out: ", name(g.reason ?? "")),
      g.time ? time(g.time) : ""]))));
}

// reactors shows what the log says of them: entries, as they are.
export async function reactors({ root, signal, again }) {
  const all = await ask("reactors", {}, signal);
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Reactors"),
    el("div", { className: "bar" }, el("p", { className: "note" }, "What the log says of them. Events that a reactor does not take count as its lag."), el("button", { type: "button", onclick: again }, "Look again")),
    all.length === 0 ? card("", note("No reactor has recorded anything.")) : el("div", { className: "cards" }, all.map((r) => el("section", { className: "card reactor" },
      el("h3", {}, name(r.name)),
      el("dl", { className: "facts" },
        el("div", {}, el("dt", {}, "Lag"), el("dd", {}, r.lag === undefined ? "not in its entry" : count(r.lag, "event"))),
        el("div", {}, el("dt", {}, "Last entry"), el("dd", {}, link(["event", r.position], number(r.position)), " ", time(r.time)))),
      code(r.data),
      el("h4", {}, r.parked.length === 0 ? "Nothing is parked" : `${count(r.parked.length, "event")} parked`),
      r.parked.map((p) => el("details", {}, el("summary", {}, `Position ${number(p.position)}`), link(["event", p.position], "The event"), code(p.data)))))));
}
