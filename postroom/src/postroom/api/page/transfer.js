/**
 * Sends one file and tells how far it is, which `fetch` cannot.
 */

import { ownHeaders, pathTo, problemOf } from "./api.js";
import { noAnswer } from "./problem.js";
import { hasBetterToken, token } from "./token.js";

/** Send the file; gives the JSON answer. Asks for a token once more each time the one it has is refused. */
export async function sendFile(path, query, { file, key }, onProgress, signal) {
  for (;;) {
    const used = token();
    const request = await sent(pathTo(path, query), file, key, onProgress, signal);
    if (request.status === 401 && (await hasBetterToken(used))) continue;
    if (request.status >= 200 && request.status < 300) return JSON.parse(request.responseText);
    throw problemOf(request.status, request.getResponseHeader("Content-Type"), request.responseText);
  }
}

function sent(path, file, key, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    const headers = { "Content-Type": "application/octet-stream", "Idempotency-Key": key, Accept: "application/json", ...ownHeaders() };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(noAnswer()));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
