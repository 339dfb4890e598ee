// Sessions of the whole cluster: found, looked at, disconnected and ended.

import { get, part, post, remove } from "/console/api.js";
import { badge, bytes, confirmed, facts, h, moment, node, number, seconds, section, table } from "/console/dom.js";

const columns = [
  { name: "Client id", of: (row) => h("a", { href: link(row) }, row.client_id || "(empty)") },
  { name: "Tenant", of: (row) => row.tenant },
  { name: "State", of: (row) => row.connected ? badge("connected", "good") : badge("away") },
  { name: "Node", of: (row) => node(row.link?.node ?? row.stored?.node) },
  { name: "Address", of: (row) => row.link?.address },
  { name: "User", of: (row) => row.link?.user },
  { name: "MQTT", of: (row) => row.link?.version },
  { name: "Queued", number: true, of: (row) => number(row.stored?.queue_count) },
  { name: "Subscriptions", number: true, of: (row) => number(row.stored?.subscription_count) },
];

function link(row) {
  return `#/session/${part(JSON.stringify([row.tenant, row.client_id]))}`;
}

function missing(nodes) {
  return nodes?.length ? h("p", { class: "error" }, "Without what these nodes know, which did not answer: ", nodes.join(", ")) : null;
}

/** A list that grows by a page at each press of a button. `ask(cursor)` gives a page, `rowsOf(page)` its rows. */
export async function pages(ask, rowsOf, columnsOf, empty) {
  const place = h("div", { class: "pages" });
  let rows = [];
  const grow = async (cursor) => {
    const page = await ask(cursor);
    rows = rows.concat(rowsOf(page));
    const more = h("button", { onclick: () => grow(page.cursor) }, "More");
    place.replaceChildren(...[missing(page.missing_nodes), table(columnsOf, rows, empty), page.cursor ? more : null].filter(Boolean));
  };
  await grow();
  return place;
}

/** A line of fields above a list; `search` gets their values by name. */
export function searchForm(fields, search) {
  const submit = (event) => {
    event.preventDefault();
    search(Object.fromEntries(new FormData(event.target)));
  };
  return h("form", { class: "search", onsubmit: submit }, fields, h("button", { type: "submit" }, "Search"));
}

export async function sessions() {
  const list = (query) => pages((cursor) => get("/api/v1/sessions", { ...query, cursor, limit: 50 }),
    (page) => page.sessions, columns, "No session like this.");
  const place = h("div", null, await list({}));
  const form = searchForm([
    h("label", null, "Client id begins with ", h("input", { name: "prefix" })),
    h("label", null, "State ", h("select", { name: "state" },
      ["any", "connected", "disconnected"].map((value) => h("option", { value }, value)))),
  ], async (query) => place.replaceChildren(await list(query)));
  return section("Sessions", form, place);
}

const subscriptionColumns = [
  { name: "Filter", of: (row) => h("code", null, row.filter) },
  { name: "QoS", number: true, of: (row) => row.qos },
  { name: "Options", of: (row) => [row.no_local ? badge("no local") : "", row.retain_as_published ? badge("retain as published") : ""] },
  { name: "Identifier", number: true, of: (row) => row.subscription_id },
];

function ofLink(link) {
  return link ? section("Connection", facts([
    ["Node", node(link.node)], ["Address", link.address], ["Listener", link.listener], ["MQTT", link.version],
    ["User", link.user || "none"], ["Keep alive", `${link.keep_alive_s} s`], ["Connected for", seconds(link.connected_s)],
    ["In flight", number(link.inflight_count)], ["On their way", bytes(link.output_bytes)],
  ])) : null;
}

function ofStored(stored) {
  return stored ? section("Stored", facts([
    ["Attached", stored.attached ? "yes" : "no"], ["Last node", node(stored.node)],
    ["Expiry", stored.expiry_s === undefined ? "never" : `${number(stored.expiry_s)} s after its client's end`],
    ["Expires at", moment(stored.expires_at_ms)], ["Will", stored.has_will ? "yes" : "no"],
    ["Queued", `${number(stored.queue_count)} messages, ${bytes(stored.queue_bytes)}`],
  ])) : null;
}

export async function session(argument, redraw) {
  const [tenant, client] = JSON.parse(argument);
  const path = `/api/v1/sessions/${part(client)}`;
  const query = `?tenant=${part(tenant)}`;
  const found = await get(path, { tenant });
  const outcome = h("p", { role: "status" });
  const act = (order, done) => async () => {
    try {
      await order();
      done();
    } catch (error) {
      outcome.replaceChildren(h("span", { class: "error" }, error.message));
    }
  };
  const kick = act(() => post(`${path}/kick${query}`), redraw);
  const end = act(() => remove(path + query), () => { location.hash = "#/sessions"; });
  return h("div", null,
    section(client, missing(found.missing_nodes),
      h("p", { class: "actions" },
        found.connected ? h("button", { onclick: confirmed(`Disconnect ${client}?`, kick), "data-act": "kick" }, "Disconnect") : null,
        h("button", { class: "danger", onclick: confirmed(`End the session of ${client}, with all messages in it?`, end), "data-act": "end" }, "End session")),
      outcome),
    ofLink(found.link), ofStored(found.stored),
    section("Subscriptions", table(subscriptionColumns, found.subscriptions ?? [])));
}
