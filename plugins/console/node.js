// This node: its listeners, and plugins.

import { get } from "/console/api.js";
import { h, number, section, state, table } from "/console/dom.js";

const listenerColumns = [
  { name: "Listener", of: (row) => row.name },
  { name: "Transport", of: (row) => row.transport },
  { name: "Address", of: (row) => row.port ? `${row.address} port ${row.port}` : row.address },
  { name: "Connections", number: true, of: (row) => number(row.connections) },
];

const pluginColumns = [
  { name: "Plugin", of: (row) => row.name },
  { name: "Kind", of: (row) => row.kind },
  { name: "Version", of: (row) => row.version },
  { name: "ABI level", number: true, of: (row) => row.level },
  { name: "State", of: (row) => row.state },
  { name: "Health", of: (row) => [state(row.health), " ", row.health_reason ?? ""] },
  { name: "Counters", of: (row) => Object.entries(row.counters ?? {}).filter(([, count]) => count)
    .map(([name, count]) => `${name} ${number(count)}`).join(", ") },
];

export async function node() {
  const status = await get("/api/v1/status");
  return h("div", null,
    section("Listeners", table(listenerColumns, status.listeners)),
    section("Plugins", table(pluginColumns, status.plugins)));
}
