/** Who may ask: only programs that know the token, on this machine, by this server's own address. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface Refused {
  readonly status: 403 | 404 | 405;
  readonly text: string;
}

/** What is asked for, behind the token. */
export interface Asked {
  /** Its parts between slashes, decoded: `[]` for the page itself. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * Every request must be a GET, name this server's own address as its host (a page elsewhere whose name was made to lead
 * here does not: DNS rebinding), and have the token as the first part of its path.
 */
export function judge(
  { method, headers, url = "" }: Pick<IncomingMessage, "method" | "headers" | "url">,
  { token, port }: { readonly token: string; readonly port: number },
): Asked | Refused {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? "")) return { status: 403, text: `The host must be ${hosts[0]}.` };
  if (headers.origin !== undefined && !hosts.includes(headers.origin.replace(/^http:\/\//, "")))
    return { status: 403, text: "Other pages may not ask." };
  const [, own = "", ...rest] = url.split("?", 1)[0].split("/");
  if (!isSame(own, token)) {
    return { status: 403, text: "The address must have the token that `millrace ui` printed." };
  }
  if (method !== "GET") return { status: 405, text: "Only GET is answered." };
  try {
    const path = rest.map(decodeURIComponent);
    const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");
    return { path: path.length === 1 && path[0] === "" ? [] : path, query };
  } catch {
    return { status: 404, text: "There is no such page." };
  }
}

/** In the same time, wherever the two differ and however long they are. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
