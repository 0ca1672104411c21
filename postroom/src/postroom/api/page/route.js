/**
 * Where the reader is. The address behind # holds all of it, so that links and the back button work;
 * what stands there is never sent to the service.
 */

const listeners = [];

/** Read the address: the view, the id of what is open in it, and its parameters by name. */
export function current() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
  const [view = "", id = ""] = path.split("/").filter(Boolean).map(decode);
  const params = Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== ""));
  return { view: view === "ingests" ? "ingests" : "messages", id: id || null, params };
}

/** The address of a place; the source of the present one stays. */
export function href(view, id = null, params = {}) {
  const source = current().params.source;
  const all = Object.entries({ ...(source ? { source } : {}), ...params });
  const query = new URLSearchParams(all.filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${query.size ? `?${query}` : ""}`;
}

/** Go to a place. With `replace` the back button skips the present one. */
export function go(view, id = null, params = {}, { replace = false } = {}) {
  const target = href(view, id, params);
  if (target === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", target);
  tell();
}

/** Call `act` with the route at each change of it. */
export function onChange(act) {
  listeners.push(act);
}

/** Read the address and tell everybody. */
export function tell() {
  const route = current();
  for (const act of listeners) act(route);
}

addEventListener("popstate", tell);

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
