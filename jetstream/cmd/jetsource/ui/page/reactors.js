// Reactors: how they do, and what can be done with them.

import { ask, card, count, el, link, name, note, number, read, rows, time, visible } from "./dom.js";

const states = { running: "ok", paused: "warning", unknown: "warning", failing: "wrong", stopped: "wrong" };

export async function reactors(context) {
  const all = await ask("reactors", {}, context.signal);
  const said = el("p", { id: "said", className: "note", role: "status" }, last);
  last = "";
  const steer = orders(context, said);
  context.root.replaceChildren(el("h2", { tabIndex: -1 }, "Reactors"),
    el("div", { className: "bar" }, el("p", { className: "note" }, "How far they are, who runs them, and what they could not react to."),
      el("button", { type: "button", onclick: context.again }, "Look again")),
    said,
    ...(context.store.write && !context.store.token ? [note("To steer them, open the address that jetsource ui printed.")] : []),
    all.length === 0 ? card("", note("No reactor has run on this store.")) : el("div", { className: "cards" }, all.map((r) => reactor(r, steer))));
}

let last = ""; // what came of the last order

// orders returns what makes a button for an order; there are none on a page that only reads.
function orders({ store, again, signal }, said) {
  return (title, order, question, props = {}) => store.write && store.token && el("button", { type: "button", ...props, async onclick(clicked) {
    if (question && !confirm(question)) return;
    const buttons = document.querySelectorAll("main .reactor button");
    for (const b of buttons) b.disabled = true;
    said.textContent = order.verb === "replay" ? "A worker is asked to replay it." : "";
    try {
      const headers = { "Content-Type": "application/json", "Jetsource-Token": store.token };
      last = (await read(await fetch("api/steer", { method: "POST", headers, body: JSON.stringify(order) }))).said;
      if (signal.aborted) return;
      await again();
    } catch (problem) {
      said.textContent = visible(problem.message);
      for (const b of buttons) b.disabled = false;
      clicked.target.focus();
    }
  } }, title);
}

function reactor(r, steer) {
  const fact = (title, ...what) => el("div", {}, el("dt", {}, title), el("dd", {}, ...what));
  const paused = r.state === "paused";
  return el("section", { className: "card reactor", "data-reactor": r.name },
    el("div", { className: "bar" }, el("h3", {}, name(r.name)), el("span", { className: "chip", "data-state": states[r.state] }, r.state),
      paused ? steer("Resume", { reactor: r.name, verb: "resume" }) : steer("Pause", { reactor: r.name, verb: "pause" })),
    el("dl", { className: "facts" },
      fact("Position", r.position > 0 ? link(["event", r.position], number(r.position)) : "the beginning"),
      fact("Lag", count(r.lag, "event"), r.next && `, for ${age(r.behind_seconds)}`),
      fact("Partitions", number(r.crew.partitions)),
      fact("Workers", r.crew.silent_seconds === undefined ? "not known: it has no leases" : `${r.crew.workers.length}, heard of ${age(r.crew.silent_seconds)} ago`),
      r.crew.workers.map((w) => fact(`Has ${count(w.partitions.length, "partition")}`, name(w.name))),
      fact("Takes", name(r.kinds.join(", ")))),
    r.faults.flatMap((f) => [el("p", { className: "note bad" }, `It fails again and again (${count(f.attempts, "attempt")}) at `,
      f.position ? link(["event", f.position], number(f.position)) : "a timer", ", ", name(f.kind), " of ", name(f.key), ": ", name(why(f))),
    f.position > 0 && steer("Skip it", { reactor: r.name, verb: "skip", position: f.position }, `${r.name} will pass over position ${f.position}, for ever.`)]),
    r.next && r.faults.length === 0 && el("p", { className: "note" }, "Next is ", link(["event", r.next.position], number(r.next.position)), ", ", name(r.next.kind), " of ", name(r.next.aggregate), " ", name(r.next.id)),
    el("h4", {}, r.parked === 0 ? "Nothing is parked" : `${number(r.parked)} parked`),
    r.parked_events.map((p) => parked(p, steer)), more(r.parked, r.parked_events),
    r.timers === 0 ? el("h4", {}, "No timers are pending") : el("details", {},
      el("summary", {}, `${count(r.timers, "timer")}, the first due `, time(r.pending_timers[0].due)),
      rows([":Due", ":Timer", ":Of"], r.pending_timers.map((t) => [time(t.due), name(t.name), link(["history", t.aggregate, t.id], name(t.aggregate), " ", name(t.id))])),
      more(r.timers, r.pending_timers)));
}

function parked(p, steer) {
  return el("div", { className: "bar parked", "data-id": p.id },
    el("p", {}, p.position > 0 ? link(["event", p.position], number(p.position)) : name(p.id), " ", name(p.kind), " of ", name(p.aggregate), ": ", name(why(p)),
      p.replay_asked && " (a replay is asked for)"),
    el("span", { className: "buttons" },
      steer("Replay", { reactor: p.reactor, verb: "replay", id: p.id }),
      steer("Discard", { reactor: p.reactor, verb: "discard", id: p.id }, `${p.reactor} will never react to ${p.kind} of ${p.aggregate}.`)));
}

const why = (e) => e.reason && e.error_type ? `${e.reason} (${e.error_type})` : e.reason || `${e.error_type}; its text is in the worker\u2019s log`;
const more = (all, shown) => all > shown.length && note(`and ${number(all - shown.length)} more; jetsource lists all of them.`);

function age(seconds) {
  for (const [unit, one] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
    if (seconds >= 2 * unit) return count(Math.round(seconds / unit), one);
  }
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
