/**
 * How values are written for people.
 */

// Characters that reorder or hide what stands beside them: "exe.fdp" behind U+202E reads "pdf.exe".
const DECEIVING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
// Of those, what turns round what stands behind it. Marks of direction have their place in a sentence.
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];
const COUNT = new Intl.NumberFormat("en");

/** A name or an address with every deceiving character shown as its number. */
export function plain(name) {
  return String(name ?? "").replace(DECEIVING, numbered);
}

/** The last part of a folder's path; slashes of a name itself are escaped in it. */
export function leaf(folder) {
  return plain(parts(folder).at(-1) ?? "");
}

/** The parts of a folder's path, as they are written. */
export function parts(folder) {
  return String(folder ?? "").match(/(?:\\.|[^/\\])+/gs)?.map((part) => part.replace(/\\(.)/gs, "$1")) ?? [];
}

/** The name in `Name <address>`, or all of it. */
export function nameOf(person) {
  return plain(/^(.+?) <[^<>]*>$/s.exec(person)?.[1] ?? person);
}

/** A count with separators: 12,345. */
export function count(number) {
  return number === null || number === undefined ? "–" : COUNT.format(number);
}

/** A count with its noun: "1 message", "2 messages". */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A size: "1.2 MB". */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "size unknown";
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A time in UTC to the minute, as the archive has it: "2019-03-04 13:22"; "" without one. */
export function minute(time) {
  return time ? String(time).slice(0, 16).replace("T", " ") : "";
}

/** A time in UTC to the second, said to be UTC. */
export function second(time) {
  return time ? `${String(time).slice(0, 19).replace("T", " ")} UTC` : "";
}

/** A duration: "25 ms", "4.1 s", "3 min 20 s". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The subject, or what stands for one that is missing. */
export function subjectOf(item) {
  return item.subject?.replace(TURNING, numbered) || "(no subject)";
}

/** Who sent it: the name, else the address, else that there is none. */
export function senderOf(item) {
  return item.sender_name || item.from_address || "(no sender)";
}

function numbered(character) {
  return `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
