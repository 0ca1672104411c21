/**
 * Asks the service. Every call carries the source of the address and the token, if one was entered.
 */

import { Problem, noAnswer } from "./problem.js";
import { current } from "./route.js";
import { hasBetterToken, token } from "./token.js";

const JSON_TYPE = /^application\/(.+\+)?json/;
let answeredSource = null;

/** The source that the last answer came from. */
export function sourceOfAnswers() {
  return answeredSource;
}

/** GET a JSON answer. */
export function get(path, query = {}, signal = undefined) {
  return call("GET", path, { query, signal });
}

/** Send JSON by `method`; gives the JSON answer, or null for an empty one. */
export function send(method, path, content = undefined) {
  const body = content === undefined ? undefined : JSON.stringify(content);
  return call(method, path, { body });
}

/** The bytes of an attachment. */
export async function bytes(path, signal = undefined) {
  return (await answer("GET", path, { signal })).blob();
}

/**
 * The path of a call with its parameters; those without a value are left out. The source of the address is
 * one of them: the name of the header that could carry it is a setting of the service.
 */
export function pathTo(path, query = {}) {
  const all = { source_id: current().params.source, ...query };
  const given = Object.entries(all).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = String(new URLSearchParams(given));
  return text ? `${path}?${text}` : path;
}

/** The headers that every call carries. */
export function ownHeaders() {
  return token() ? { Authorization: `Bearer ${token()}` } : {};
}

/** The problem that an answer tells, whatever form it has. */
export function problemOf(status, type, text) {
  if (JSON_TYPE.test(type ?? "")) {
    try {
      const { error } = JSON.parse(text);
      if (error?.what) return new Problem(status, error);
    } catch {
      // An answer that says it is JSON and is not is told like any other that is not ours.
    }
  }
  return new Problem(status, {
    code: `http-${status}`,
    what: `The service answered ${status}`,
    where: "",
    why: "the answer is not one of Postroom's own; something between here and there may have given it",
    remedy: "try again; the service's log names the request",
  });
}

async function call(method, path, options) {
  const got = await answer(method, path, options);
  const text = await got.text();
  return text ? JSON.parse(text) : null;
}

async function answer(method, path, { query = {}, body, signal }) {
  const headers = { Accept: "application/json, */*;q=0.5", ...(body ? { "Content-Type": "application/json" } : {}) };
  let used;
  let got;
  do {
    used = token();
    got = await fetched(method, pathTo(path, query), headers, body, signal);
  } while (got.status === 401 && (await hasBetterToken(used)));
  answeredSource = got.headers.get("X-Source-ID") ?? answeredSource;
  if (got.ok) return got;
  throw problemOf(got.status, got.headers.get("Content-Type"), await got.text());
}

async function fetched(method, path, headers, body, signal) {
  try {
    const all = { ...headers, ...ownHeaders() };
    return await fetch(path, { method, headers: all, body, signal, cache: "no-store", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw noAnswer();
  }
}
