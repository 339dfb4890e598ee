// This node: its listeners, plugins and configuration.

import { ApiError, get } from "/console/api.js";
import { badge, h, number, section, state, table } from "/console/dom.js";

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

const valueColumns = [
  { name: "Key", of: (row) => h("code", null, row.key) },
  { name: "Value", of: (row) => h("code", null, JSON.stringify(row.value)) },
  { name: "Said by", of: (row) => row.origin },
  { name: "Changes", of: (row) => [row.changes_by, row.is_waiting ? badge("waits for a restart", "warn") : ""] },
];

// Whoever may only look is not shown the configuration.
async function configuration() {
  try {
    return section("Configuration", table(valueColumns, (await get("/api/v1/config")).values));
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return null;
    throw error;
  }
}

export async function node() {
  const [status, config] = await Promise.all([get("/api/v1/status"), configuration()]);
  return h("div", null,
    section("Listeners", table(listenerColumns, status.listeners)),
    section("Plugins", table(pluginColumns, status.plugins)),
    config);
}
