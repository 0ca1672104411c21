/**
 * What went wrong, told as the service tells it: what, where, why, and what helps.
 */

import { button, element } from "./element.js";

/** An answer of the service that is no success, or no answer at all. */
export class Problem extends Error {
  constructor(status, { code, what, where, why, remedy }) {
    super(what);
    Object.assign(this, { status, code, what, where, why, remedy });
  }
}

/** The problem of a service that cannot be reached. */
export function noAnswer() {
  return new Problem(0, {
    code: "no-answer",
    what: "The service does not answer",
    where: location.origin,
    why: "it is not running, or the connection to it is broken",
    remedy: "see that `postroom serve` runs, then try again",
  });
}

/** The problem of a thing that is no fault of the service: a bug of this page says so. */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem(0, {
    code: "page",
    what: "This page made a mistake",
    where: "",
    why: error?.message ?? String(error),
    remedy: "load the page again, and report it if it comes back",
  });
}

/** Tell a problem as an alert; with `again`, a button tries again. */
export function told(error, again = null) {
  const problem = asProblem(error);
  return element(
    "div",
    { class: "problem", role: "alert", "data-code": problem.code },
    element("p", { class: "what" }, sentence(problem.what)),
    problem.why && element("p", {}, element("b", {}, "Why: "), problem.why),
    problem.remedy && element("p", {}, element("b", {}, "What helps: "), problem.remedy),
    problem.where && element("p", { class: "where" }, element("b", {}, "Where: "), problem.where),
    again && button("Try again", again),
  );
}

/** What stands where there is nothing yet, and what to do about it. */
export function nothing(says, ...help) {
  return element("div", { class: "nothing" }, element("p", { class: "what" }, says), element("p", {}, ...help));
}

function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "Something went wrong";
}
