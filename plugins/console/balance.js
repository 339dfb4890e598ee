// What the balancers have decided, and why.

import { get, getIfThere } from "/console/api.js";
import { badge, facts, h, node, number, section, state, table } from "/console/dom.js";

const ago = (ms) => `${number(Math.round(ms / 1000))} s ago`;

const decisionColumns = [
  { name: "Range", of: (row) => row.range },
  { name: "Command", of: (row) => row.command },
  { name: "State", of: (row) => state(row.state) },
  { name: "Reason", of: (row) => row.reason },
  { name: "Held or refused, as", of: (row) => row.why },
];

function balancer(row) {
  const refused = Object.entries(row.counts.refused ?? {}).map(([cause, count]) => `${cause} ${count}`).join(", ");
  return h("details", { open: row.enabled },
    h("summary", null, h("strong", null, `${row.store} / ${row.name}`), " ",
      row.enabled ? badge("on", "good") : badge("off"), " ", row.failure ? badge(row.failure, "bad") : (row.reason ?? "")),
    facts([
      ["Planned", row.has_planned ? ago(row.planned_ms_ago) : "not yet"],
      ["Looked at", row.inputs ? `${row.inputs.nodes_alive} nodes alive, ${row.inputs.nodes_gone} gone; ${row.inputs.ranges} ranges, `
        + `${row.inputs.ranges_busy} busy, ${row.inputs.ranges_leaderless} without leader` : ""],
      ["Commands", `${row.counts.given} given, ${row.counts.done} done, ${row.counts.failed} failed, ${row.counts.held} held back`],
      ["Refused", refused || "none"],
      ["Rule", row.rule ? `version ${row.rule} of the cluster's rules` : "conf.d"],
    ]),
    (row.decisions ?? []).length ? table(decisionColumns, row.decisions) : null);
}

const commandColumns = [
  { name: "When", of: (row) => ago(row.given_ms_ago) },
  { name: "Store", of: (row) => row.store },
  { name: "Balancer", of: (row) => row.balancer },
  { name: "Range", of: (row) => row.range },
  { name: "Command", of: (row) => row.command },
  { name: "State", of: (row) => state(row.state) },
  { name: "Reason", of: (row) => row.reason },
  { name: "Outcome", of: (row) => row.detail },
];

const ruleColumns = [
  { name: "When", of: (row) => new Date(row.at_ms).toISOString().slice(0, 19).replace("T", " ") },
  { name: "By", of: (row) => row.by },
  { name: "Balancer", of: (row) => `${row.store} / ${row.balancer}` },
  { name: "Change", of: (row) => row.action },
];

export async function balance() {
  const made = await get("/api/v1/balance");
  const rules = await getIfThere("/api/v1/balance/rules").catch(() => null);
  return h("div", null,
    section("Planner", h("p", null, made.planner ? ["Node ", node(made.planner), " plans",
      made.is_planner ? "; it is this one." : ". What follows is of the time when this node did: ask that one."] : "Nobody is known to plan.")),
    section("Balancers", made.balancers.map(balancer)),
    section("Last commands", table(commandColumns, [...made.commands].reverse())),
    rules ? section("Changes of rules", table(ruleColumns, [...rules.audit].reverse())) : null);
}
