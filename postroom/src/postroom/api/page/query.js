/**
 * What is written into the search box, as the parameters of `GET /search`.
 *
 * Words all have to occur; "a phrase" as it stands; -word and -"a phrase" not at all. from:, to: and
 * folder: take a word or a phrase, after: and before: a day, a month or a year.
 */

const TERM = /(-?)(?:(from|to|after|before|folder):)?(?:"([^"]*)(?:"|$)|(\S+))/giu;
const EMPTY = /^-?(from|to|after|before|folder):$/iu;
const NAMES = { from: "from", to: "to", after: "after_date", before: "before_date", folder: "folder" };
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** Parse it: the parameters, and the faults as sentences. */
export function parse(text) {
  const params = {};
  const words = [];
  const faults = [];
  for (const [whole, minus, prefix, phrase, word] of text.matchAll(TERM)) {
    if (!prefix && EMPTY.test(whole)) {
      faults.push(`${whole} needs something behind it, without a space`);
      continue;
    }
    if (!prefix) {
      if (phrase === undefined || phrase.trim() !== "") words.push(phrase === undefined ? whole : `${minus}"${phrase.trim()}"`);
      continue;
    }
    const name = prefix.toLowerCase();
    const value = phrase ?? word;
    if (minus) faults.push(`-${name}: is not possible; a minus goes before words and phrases`);
    else if (params[NAMES[name]] !== undefined) faults.push(`${name}: is there twice; one is possible`);
    else if (name === "after" || name === "before") dated(params, name, value, faults);
    else params[NAMES[name]] = value;
  }
  const isNamed = Object.keys(params).length > 0;
  if (words.length && !isNamed && words.every((one) => one.startsWith("-"))) {
    faults.push("there is only what should not occur; add a word that should");
  }
  if (text.trim() && !isNamed && !words.length && !faults.length) faults.push("there is no word in it");
  return { params: { ...params, ...(words.length ? { q: words.join(" ") } : {}) }, faults };
}

/** Write a folder as a term of the search box. */
export function folderTerm(folder) {
  return `folder:"${folder.replaceAll('"', "")}"`;
}

function dated(params, name, value, faults) {
  const day = dayOf(value);
  if (day) params[NAMES[name]] = day;
  else faults.push(`${name}: takes a day, a month or a year: ${name}:2019-03-01, ${name}:2019-03, ${name}:2019`);
}

function dayOf(value) {
  const [whole, year, month = "01", day = "01"] = DATE.exec(value) ?? [];
  if (!whole) return null;
  const text = `${year}-${month}-${day}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : null;
}
