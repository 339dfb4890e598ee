// Metrics of this node, and how they have moved while the console was open.

import { get } from "/console/api.js";

const kept = 60;
const history = new Map(); // name → its last rates
let last = null;

/** Sums of all samples of each metric in the text that Prometheus reads. */
export function readMetrics(text) {
  const sums = new Map();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? ([^ ]+)/.exec(line);
    if (match) sums.set(match[1], (sums.get(match[1]) ?? 0) + Number(match[2]));
  }
  return sums;
}

function remember(name, value) {
  const values = history.get(name) ?? [];
  values.push(value);
  if (values.length > kept) values.shift();
  history.set(name, values);
  return values;
}

/** For each counter, its rates per second, the newest last; for each gauge, its values. */
export async function sampleMetrics(counters, gauges) {
  const now = performance.now();
  const sums = readMetrics(await get("/metrics"));
  const out = new Map();
  for (const name of counters) {
    const before = last?.sums.get(name);
    const rate = before === undefined ? 0 : Math.max(0, (sums.get(name) ?? 0) - before) / ((now - last.at) / 1000);
    out.set(name, last ? remember(name, rate) : []);
  }
  for (const name of gauges) out.set(name, remember(name, sums.get(name) ?? 0));
  last = { at: now, sums };
  return out;
}
