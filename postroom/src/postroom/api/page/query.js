/**
 * What is written into the search box, as the parameters of `GET /search`.
 *
 * Words all have to occur; "a phrase" as it stands; -word and -"a phrase" not at all; begin* is the begin of a
 * word. from: and to: take the same, folder: a name or a path, after: and before: a day, a month or a year.
 */

const TERM = /(-?)(?:(from|to|after|before|folder):)?(?:"([^"]*)(?:"|$)(\*?)|(\S+))/giu;
const EMPTY = /^-?(from|to|after|before|folder):$/iu;
const SINGLE = { after: "after_date", before: "before_date", folder: "folder" };
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** Parse it: the parameters, and the faults as sentences. */
export function parse(text) {
  const single = {};
  const terms = { q: [], from: [], to: [] };
  const faults = [];
  for (const [whole, minus, prefix, phrase, star, word] of text.matchAll(TERM)) {
    const name = prefix?.toLowerCase() ?? "q";
    if (EMPTY.test(whole)) faults.push(`${whole} needs something behind it, without a space`);
    else if (terms[name]) terms[name].push(minus + (word ?? (phrase.trim() && `"${phrase.trim()}"${star}`)));
    else if (minus) faults.push(`-${name}: is not possible; a minus goes before words, phrases, from: and to:`);
    else if (single[SINGLE[name]] !== undefined) faults.push(`${name}: is there twice; one is possible`);
    else put(single, name, phrase ?? word, faults);
  }
  const listed = Object.entries(terms).map(([name, all]) => [name, all.filter((one) => one && one !== "-").join(" ")]);
  const params = { ...single, ...Object.fromEntries(listed.filter(([, all]) => all)) };
  if (text.trim() && faults.length === 0 && Object.keys(params).length === 0) faults.push("there is nothing in it to look for");
  return { params, faults };
}

function put(single, name, value, faults) {
  const found = name === "folder" ? value : dayOf(value);
  if (found) single[SINGLE[name]] = found;
  else if (name === "folder") faults.push("folder: takes a name or a path");
  else faults.push(`${name}: takes a day, a month or a year: ${name}:2019-03-01, ${name}:2019-03, ${name}:2019`);
}

function dayOf(value) {
  const [whole, year, month = "01", day = "01"] = DATE.exec(value) ?? [];
  if (!whole) return null;
  const text = `${year}-${month}-${day}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : null;
}
