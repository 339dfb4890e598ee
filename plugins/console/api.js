// The broker's HTTP API. The token stays in this tab, and is forgotten with it.

const key = "tenon.token";

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function hasToken() {
  return sessionStorage.getItem(key) !== null;
}
export function setToken(token) {
  sessionStorage.setItem(key, token);
}
export function forgetToken() {
  sessionStorage.removeItem(key);
}

async function ask(method, path, body) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(key) ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  const text = await response.text();
  if (response.ok) return (response.headers.get("Content-Type") ?? "").includes("json") ? JSON.parse(text) : text;
  let detail = response.statusText;
  try { detail = JSON.parse(text).detail ?? detail; } catch { /* it is no problem+json, such as /healthz */ }
  throw new ApiError(response.status, detail);
}

export const get = (path, query) => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  return ask("GET", given.length ? `${path}?${new URLSearchParams(given)}` : path);
};
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

/** The same as get, but null where this broker has no such thing. */
export async function getIfThere(path) {
  try { return await get(path); } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** One part of a path. */
export const part = (text) => encodeURIComponent(text);
