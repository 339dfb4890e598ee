// Elements of the page. Text comes in as text nodes only, so that nothing a client has named is ever read as markup.

/** An element: h("td", {class: "number", onclick: f}, "text", element, [more], null). */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A table. A column is {name, of: row => text or element, number: right-aligned}. */
export function table(columns, rows, empty = "None.") {
  if (rows.length === 0) return h("p", { class: "empty" }, empty);
  const cell = (row) => ({ of, number }) => h("td", { class: number ? "number" : null }, of(row) ?? "");
  return h("div", { class: "scroll" }, h("table", null,
    h("thead", null, h("tr", null, columns.map(({ name, number }) => h("th", { class: number ? "number" : null }, name)))),
    h("tbody", null, rows.map((row) => h("tr", null, columns.map(cell(row)))))));
}

/** Names and values, one below the other. */
export function facts(pairs) {
  return h("dl", null, pairs.map(([name, value]) => [h("dt", null, name), h("dd", null, value ?? "")]));
}

export function section(title, ...children) {
  return h("section", null, h("h2", null, title), children);
}

/** A word with a colour: good, warn, bad or plain. */
export function badge(text, mood = "plain") {
  return h("span", { class: `badge ${mood}` }, text);
}

const moods = { serving: "good", draining: "warn", drained: "warn", gone: "bad", removed: "bad", ok: "good", done: "good", degraded: "warn", running: "warn", failed: "bad", refused: "bad", timed_out: "bad" };
export function state(text) {
  return badge(text, moods[text]);
}

export function bytes(count) {
  if (count === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) { count /= 1024; unit += 1; }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

export function number(count) {
  return count === undefined ? "" : Number(count).toLocaleString("en");
}

export function seconds(count) {
  if (count === undefined) return "";
  const day = Math.floor(count / 86400);
  const clock = new Date((count % 86400) * 1000).toISOString().slice(11, 19);
  return day > 0 ? `${day} d ${clock}` : clock;
}

export function moment(ms) {
  return ms === undefined ? "never" : new Date(ms).toISOString().replace("T", " ").slice(0, 19);
}

/** Node ids are long; the end tells them apart least, so the beginning is shown, and all of it on hovering. */
export function node(id) {
  return id ? h("span", { class: "node", title: id }, id.slice(0, 8)) : "";
}

/** A line over the last values. */
export function spark(values) {
  const width = 160;
  const height = 32;
  const top = Math.max(1e-9, ...values);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("class", "spark");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.join(" "));
  svg.append(line);
  return svg;
}

/** Asks before something is done that can't be taken back. */
export function confirmed(question, act) {
  return () => { if (window.confirm(question)) act(); };
}
