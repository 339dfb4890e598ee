// Retained messages: found by a filter, read and removed.

import { get, part, remove } from "/console/api.js";
import { bytes, confirmed, facts, h, moment, section } from "/console/dom.js";
import { pages, searchForm } from "/console/sessions.js";

const link = (topic) => `#/message/${part(topic)}`;

const columns = [
  { name: "Topic", of: (row) => h("a", { href: link(row.topic) }, row.topic) },
  { name: "QoS", number: true, of: (row) => row.qos },
  { name: "Payload", number: true, of: (row) => bytes(row.payload_bytes) },
  { name: "Expires at", of: (row) => moment(row.expires_at_ms) },
];

export async function retained() {
  const list = (query) => pages((cursor) => get("/api/v1/retained", { ...query, cursor, limit: 50 }),
    (page) => page.messages, columns, "No retained message like this.");
  const place = h("div", null, await list({}));
  const form = searchForm([h("label", null, "Topic filter ", h("input", { name: "filter", placeholder: "#" }))],
    async (query) => place.replaceChildren(await list(query)));
  return section("Retained messages", form, place);
}

function payloadOf(message) {
  if (message.payload !== undefined) return message.payload;
  const data = atob(message.payload_base64 ?? "");
  return [...data].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
}

export async function retainedMessage(topic) {
  const path = `/api/v1/retained/${part(topic)}`;
  const message = await get(path);
  const outcome = h("p", { role: "status" });
  const drop = async () => {
    try {
      await remove(path);
      location.hash = "#/retained";
    } catch (error) {
      outcome.replaceChildren(h("span", { class: "error" }, error.message));
    }
  };
  return section(topic,
    h("p", { class: "actions" }, h("button", { class: "danger", onclick: confirmed(`Remove the retained message of ${topic}?`, drop) }, "Remove")),
    outcome,
    facts([["QoS", message.qos], ["Payload", bytes(message.payload_bytes)], ["Expires at", moment(message.expires_at_ms)]]),
    h("pre", { class: "payload" }, payloadOf(message)));
}
