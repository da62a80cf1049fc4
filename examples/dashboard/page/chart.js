// The chart: the stock of all products as a line with steps, and below it each
// move as a bar, up for what came in and down for what went out.

const numbers = new Intl.NumberFormat("en", { notation: "compact" });
const margin = { left: 44, right: 10, top: 10, bottom: 4 };
const strip = 56; // the height of the bars
const gap = 18; // between them and the line
const fewest = 24; // the moves that there is room for at least

export function draw(svg, plot, moves, pointed) {
  const width = plot.clientWidth;
  const height = plot.clientHeight;
  if (width <= 2 * margin.left) return; // not laid out
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  if (moves.length === 0) {
    const text = shape("text", { class: "words", x: width / 2, y: height / 2 });
    text.textContent = "The first move begins the line";
    svg.replaceChildren(text);
    return;
  }
  const x = (i) => margin.left + ((width - margin.left - margin.right) * i) / slots(moves);
  const bottom = height - margin.bottom - strip - gap;
  const start = moves[0].pieces - moves[0].change;
  const ticks = scale(Math.max(start, ...moves.map((move) => move.pieces)));
  const y = (pieces) => bottom - ((bottom - margin.top) * pieces) / ticks.at(-1);

  const parts = [];
  for (const tick of ticks) {
    parts.push(line(margin.left, width - margin.right, y(tick)));
    const label = shape("text", { class: "tick", x: margin.left - 8, y: y(tick) });
    label.textContent = numbers.format(tick);
    parts.push(label);
  }
  if (pointed !== null && moves[pointed]) {
    parts.push(shape("rect", { class: "cursor", x: x(pointed), y: margin.top, width: x(1) - x(0), height: height - margin.top - margin.bottom }));
  }
  const steps = moves.map((move, i) => `V${y(move.pieces)}H${x(i + 1)}`).join("");
  const path = `M${x(0)} ${y(start)}${steps}`;
  parts.push(shape("path", { class: "area", d: `${path}V${bottom}H${x(0)}Z` }));
  parts.push(shape("path", { class: "level", d: path }));
  parts.push(shape("circle", { class: "now", cx: x(moves.length), cy: y(moves.at(-1).pieces), r: 5 }));
  parts.push(...bars(moves, x, height - margin.bottom - strip / 2, width));
  svg.replaceChildren(...parts);
}

// bars draws the moves around a line in the middle of the strip.
function bars(moves, x, middle, width) {
  const most = Math.max(1, ...moves.map((move) => Math.abs(move.change)));
  const parts = [line(margin.left, width - margin.right, middle)];
  const space = x(1) - x(0);
  moves.forEach((move, i) => {
    const size = Math.max(2, (Math.abs(move.change) / most) * (strip / 2 - 2));
    parts.push(shape("rect", {
      class: `bar ${move.verb}`, rx: 1,
      x: x(i) + space * 0.15, width: space * 0.7,
      y: move.change < 0 ? middle : middle - size, height: size,
    }));
  });
  return parts;
}

// point returns the number of the move that a pointer is over, or null.
export function point(plot, event, moves) {
  const box = plot.getBoundingClientRect();
  const i = Math.floor(((event.clientX - box.left - margin.left) / (box.width - margin.left - margin.right)) * slots(moves));
  return i >= 0 && i < moves.length ? i : null;
}

function slots(moves) {
  return Math.max(fewest, moves.length);
}

// scale returns round numbers from 0 to beyond most.
function scale(most) {
  const top = Math.max(most, 4);
  const raw = top / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw && Number.isInteger(n));
  return Array.from({ length: Math.ceil(top / step) + 1 }, (_, i) => i * step);
}

function line(from, to, y) {
  return shape("line", { class: "grid", x1: from, x2: to, y1: y, y2: y });
}

function shape(name, attributes) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
}
