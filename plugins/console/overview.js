// One look: is the cluster well, where is what, and how much goes through this node.

import { get, getIfThere } from "/console/api.js";
import { badge, bytes, facts, h, node, number, seconds, section, spark, state, table } from "/console/dom.js";
import { sampleMetrics } from "/console/metrics.js";

const rates = [
  ["tenon_publish_received_total", "Messages in, a second"],
  ["tenon_publish_sent_total", "Messages out, a second"],
  ["tenon_publish_dropped_total", "Messages dropped, a second"],
  ["tenon_link_received_bytes_total", "Bytes in, a second", bytes],
  ["tenon_link_sent_bytes_total", "Bytes out, a second", bytes],
];
const levels = [
  ["tenon_session_connected_sessions", "Connected clients"],
  ["tenon_session_queue_messages", "Messages in queues"],
  ["tenon_node_resident_bytes", "Memory", bytes],
];

function card([name, title, show = number], samples) {
  const values = samples.get(name) ?? [];
  const newest = values.at(-1);
  return h("div", { class: "card", "data-metric": name },
    h("span", { class: "title" }, title),
    h("strong", null, newest === undefined ? "…" : show(Math.round(newest))),
    spark(values));
}

// What a node gives away while it is drained.
function draining(drain) {
  return drain ? [badge(`gives away ${drain.phase}`, "warn"), drain.for_good ? " for good" : ""] : "";
}

function nodeTable(list, view) {
  const seen = new Map((view?.nodes ?? []).map((known) => [known.id, known]));
  return table([
    { name: "Node", of: (row) => [node(row.id), row.this ? " (this one)" : ""] },
    { name: "State", of: (row) => [state(row.state), " ", draining(row.drain)] },
    { name: "Zone", of: (row) => seen.get(row.id)?.zone },
    { name: "Cores", number: true, of: (row) => seen.get(row.id)?.cores || "" },
    { name: "Clients", number: true, of: (row) => number(row.load?.clients) },
    { name: "Leads", number: true, of: (row) => number(row.load?.leaders) },
    { name: "Replicas", number: true, of: (row) => number(row.load?.replicas) },
    { name: "Said by", of: (row) => row.by },
    { name: "Reason", of: (row) => row.reason },
  ], list.nodes);
}

function storeTable(rangeList) {
  const stores = new Map();
  for (const range of rangeList) stores.set(range.store, [...(stores.get(range.store) ?? []), range]);
  return table([
    { name: "Store", of: ([store]) => store },
    { name: "Ranges", number: true, of: ([, ranges]) => ranges.length },
    { name: "Without leader", number: true, of: ([, ranges]) => {
      const count = ranges.filter((range) => !range.leader).length;
      return count ? badge(count, "bad") : 0;
    } },
    { name: "Held here", number: true, of: ([, ranges]) => ranges.filter((range) => range.replica).length },
    { name: "Failed here", number: true, of: ([, ranges]) => {
      const count = ranges.filter((range) => range.replica?.role === "failed").length;
      return count ? badge(count, "bad") : 0;
    } },
  ], [...stores].sort());
}

export async function overview() {
  const [status, list, nodes, view, samples] = await Promise.all([
    get("/api/v1/status"), get("/api/v1/ranges"), get("/api/v1/nodes"), getIfThere("/api/v1/balance/view"),
    sampleMetrics(rates.map(([name]) => name), levels.map(([name]) => name)),
  ]);
  return h("div", null,
    section("This node",
      facts([
        ["Ready", status.ready ? badge("ready", "good") : badge("not ready", "bad")],
        ["Version", status.version],
        ["Node", h("code", null, status.node.id)],
        ["Up for", seconds(status.node.uptime_s)],
        ["Clients", number(status.counts.connections)],
        ["Subscriptions", number(status.counts.subscriptions)],
        ["Retained messages", number(status.counts.retained_messages)],
      ]),
      table([
        { name: "Condition", of: (row) => row.name },
        { name: "State", of: (row) => state(row.state) },
        { name: "Why", of: (row) => row.reason },
      ], status.conditions)),
    h("div", { class: "cards" }, [...rates, ...levels].map((what) => card(what, samples))),
    section("Nodes", nodeTable(nodes, view),
      nodes.missing_nodes?.length ? h("p", { class: "error" }, "Not heard of in time: ", nodes.missing_nodes.join(", ")) : null),
    section("Stores", storeTable(list.ranges)));
}
