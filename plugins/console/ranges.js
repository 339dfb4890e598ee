// The ranges of each store: who leads, who votes, how far behind the others are.

import { get } from "/console/api.js";
import { badge, bytes, h, node, number, section, table } from "/console/dom.js";

// The same colour for a node everywhere, by its place among all.
const hues = [160, 30, 210, 280, 340, 90, 50, 190, 250, 310];

function coloursOf(list) {
  const ids = [...new Set(list.flatMap((range) => [...range.voters, ...range.learners]))].sort();
  return new Map(ids.map((id, i) => [id, i % hues.length]));
}

// Each range a block, in the order of its keys.
function map(list, colours) {
  return h("div", { class: "map" }, list.map((range) => h("a", {
    href: `#/ranges/${range.id}`,
    class: range.leader ? `block hue-${colours.get(range.leader) ?? 0}` : "block none",
    title: `range ${range.id}, led by ${range.leader || "nobody"}`,
  }, range.id)));
}

function legend(colours) {
  return h("p", { class: "legend" }, [...colours].map(([id, hue]) => [h("span", { class: `dot hue-${hue}` }), node(id), " "]));
}

const roleMood = { leader: "good", member: "plain", installing: "warn", failed: "bad" };

const columns = [
  { name: "Range", of: (row) => row.id },
  { name: "From", of: (row) => h("code", null, row.begin || "(begin)") },
  { name: "To", of: (row) => h("code", null, row.end || "(end)") },
  { name: "Epoch", of: (row) => row.epoch },
  { name: "Leader", of: (row) => row.leader ? node(row.leader) : badge("none", "bad") },
  { name: "Voters", of: (row) => row.voters.map((id) => [node(id), " "]) },
  { name: "Learners", of: (row) => row.learners.map((id) => [node(id), " "]) },
  { name: "Here", of: ({ replica }) => replica ? badge(replica.role, roleMood[replica.role]) : "" },
  { name: "Applied", number: true, of: ({ replica }) => number(replica?.applied) },
  { name: "Size", number: true, of: ({ replica }) => bytes(replica?.size_bytes) },
  { name: "Commands/s", number: true, of: ({ replica }) => number(replica?.commands_per_s) },
  { name: "Most behind", number: true, of: ({ replica }) => replica?.lags ? number(Math.max(0, ...Object.values(replica.lags))) : "" },
  { name: "Order", of: ({ replica }) => replica?.order },
];

export async function ranges(chosen) {
  const { ranges: all } = await get("/api/v1/ranges");
  const colours = coloursOf(all);
  const stores = [...new Set(all.map((range) => range.store))].sort();
  const wanted = chosen ? all.filter((range) => range.id === chosen) : all;
  return h("div", null,
    chosen ? h("p", null, h("a", { href: "#/ranges" }, "All ranges")) : legend(colours),
    stores.map((store) => {
      const list = wanted.filter((range) => range.store === store);
      return list.length ? section(`Store ${store}`, chosen ? null : map(list, colours), table(columns, list)) : null;
    }));
}
