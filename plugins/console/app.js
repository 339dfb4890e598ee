// Which view is shown, signing in, and the beat at which live views are drawn anew.

import { ApiError, forgetToken, get, hasToken, setToken } from "/console/api.js";
import { h } from "/console/dom.js";
import { overview } from "/console/overview.js";
import { ranges } from "/console/ranges.js";
import { balance } from "/console/balance.js";
import { sessions, session } from "/console/sessions.js";
import { retained, retainedMessage } from "/console/messages.js";
import { node } from "/console/node.js";

// A view makes what is shown: async (argument) => element. `live` ones are made anew at each beat.
const views = {
  overview: { title: "Overview", make: overview, live: true },
  ranges: { title: "Ranges", make: ranges, live: true },
  balance: { title: "Balancers", make: balance, live: true },
  sessions: { title: "Sessions", make: sessions },
  session: { make: session, live: true },
  retained: { title: "Retained", make: retained },
  message: { make: retainedMessage },
  node: { title: "Node", make: node, live: true },
};
const beatMs = 2000;

const place = document.getElementById("view");
let shown = 0; // the number of the last drawing: what is late for its turn is dropped
let beat = null;

function where() {
  const [, name = "overview", argument = ""] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  return { name: name in views ? name : "overview", argument: decodeURIComponent(argument) };
}

function drawNavigation(name) {
  document.getElementById("nav").replaceChildren(...Object.entries(views)
    .filter(([, view]) => view.title)
    .map(([id, view]) => h("a", { href: `#/${id}`, "aria-current": id === name ? "page" : null }, view.title)));
  document.getElementById("who").replaceChildren(hasToken() ? h("button", { onclick: signOut }, "Sign out") : "");
}

function signOut() {
  forgetToken();
  draw();
}

function signIn(complaint) {
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true, autofocus: true });
  const submit = async (event) => {
    event.preventDefault();
    setToken(input.value.trim());
    try {
      await get("/api/v1/status");
      draw();
    } catch (error) {
      forgetToken();
      place.replaceChildren(signIn(error.message));
    }
  };
  return h("form", { class: "sign-in", onsubmit: submit },
    h("h1", null, "Sign in"),
    h("label", { for: "token" }, "Token of the API"), input,
    h("p", null, "The administrator's is in ", h("code", null, "admin.token"), " of the broker's data directory; ",
      h("code", null, "api.tokens"), " gives others their own."),
    complaint ? h("p", { class: "error", role: "alert" }, complaint) : null,
    h("button", { type: "submit" }, "Sign in"));
}

function explain(error) {
  return h("p", { class: "error", role: "alert" },
    error instanceof ApiError ? error.message : `The broker does not answer: ${error.message}`);
}

// What a person has opened or closed stays so in the next drawing of the same view.
function replaceView(name, made) {
  const folded = place.dataset.view === name ? [...place.querySelectorAll("details")].map((details) => details.open) : [];
  made.querySelectorAll("details").forEach((details, i) => { if (i < folded.length) details.open = folded[i]; });
  place.replaceChildren(made);
  place.dataset.view = name; // what is shown is complete: tests wait for it
}

async function draw() {
  const turn = ++shown;
  clearTimeout(beat);
  const { name, argument } = where();
  drawNavigation(name);
  if (!hasToken()) return place.replaceChildren(signIn());
  let made;
  try {
    made = await views[name].make(argument, draw);
  } catch (error) {
    if (turn !== shown) return;
    if (error instanceof ApiError && error.status === 401) {
      forgetToken();
      return place.replaceChildren(signIn(error.message));
    }
    made = explain(error);
  }
  if (turn !== shown) return;
  replaceView(name, made);
  if (views[name].live) beat = setTimeout(draw, beatMs);
}

window.addEventListener("hashchange", draw);
draw();
