/** A server for one's own browser: pages of a folder of runs on 127.0.0.1, for whoever has the token. */
import { randomBytes } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, MillraceError } from "@millrace/core";
import { readingScript } from "../compare/reading.js";
import { client } from "./client.js";
import { type Asked, judge } from "./guard.js";
import { uiPage } from "./pages.js";
import { selectionOf } from "./selection.js";
import { liveStreams, type LiveStreams } from "./streams.js";
import { type RunsWatch, watchRuns } from "./watch.js";

export interface UiOptions {
  readonly folder: string;
  /** What the page calls the folder. */
  readonly title: string;
  /** 0 takes one that is free. */
  readonly port: number;
}

export interface Ui {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

interface Parts {
  readonly title: string;
  readonly watch: RunsWatch;
  readonly streams: LiveStreams;
}

/** Milliseconds that the page waits for its runs. */
const patience = 700;

/** Nothing from elsewhere, no script but the page's own, and no other page around it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A report needs no script. */
const reportPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const always = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** @throws MillraceError OPTION_INVALID where the port cannot be had. */
export async function startUi({ folder, title, port }: UiOptions): Promise<Ui> {
  const token = randomBytes(32).toString("base64url");
  const watch = watchRuns(folder);
  const streams = liveStreams(watch);
  const parts: Parts = { title, watch, streams };
  const server = createServer((request, response) => {
    answer(request, response, parts, { token, port: portOf(server) }).catch((error: unknown) => {
      if (!response.headersSent)
        send(response, 500, "text/plain", `This page cannot be made: ${messageOf(error)}`);
      else response.destroy();
    });
  });
  await listening(server, port);
  return {
    url: `http://127.0.0.1:${portOf(server)}/${token}/`,
    port: portOf(server),
    close() {
      streams.close();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
  own: { readonly token: string; readonly port: number },
): Promise<void> {
  const asked = judge(request, own);
  if ("status" in asked) {
    const allow = asked.status === 405 ? { allow: "GET" } : {};
    send(response, asked.status, "text/plain", asked.text, allow);
    return;
  }
  await page(asked, response, parts);
}

async function page(
  { path, query }: Asked,
  response: ServerResponse,
  { title, watch, streams }: Parts,
): Promise<void> {
  const [name, id, ...more] = path;
  if (name === undefined) {
    // Many long runs take a while to be read: then the page comes first, and they follow.
    const runs = await Promise.race([watch.read(), sleep(patience, undefined)]);
    const text = uiPage(title, runs, selectionOf(query));
    send(response, 200, "text/html", text, { "content-security-policy": policy });
  } else if (name === "client.js" && id === undefined) {
    send(response, 200, "text/javascript", `${readingScript}${client}`);
  } else if (name === "live" && id === undefined) {
    response.writeHead(200, { ...always, "content-type": "text/event-stream" });
    streams.add(response, selectionOf(query));
  } else if (name === "report" && id !== undefined && more.length === 0) {
    const report = await reportOf(id, watch);
    if (report === undefined) send(response, 404, "text/plain", "There is no such report.");
    else send(response, 200, "text/html", report, { "content-security-policy": reportPolicy });
  } else send(response, 404, "text/plain", "There is no such page.");
}

/** Of a run that was found, and of no other path; a link to a file elsewhere is no report. */
async function reportOf(id: string, watch: RunsWatch): Promise<string | undefined> {
  const run = (await watch.read()).find((each) => each.id === id);
  if (run === undefined) return undefined;
  const path = join(run.folder, "report.html");
  const isFile = await lstat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? readFile(path, "utf8") : undefined;
}

function send(response: ServerResponse, status: number, type: string, text: string, more: object = {}): void {
  response.writeHead(status, { ...always, "content-type": `${type}; charset=utf-8`, ...more });
  response.end(text);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

async function listening(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  } catch (cause) {
    throw new MillraceError(
      "OPTION_INVALID",
      `--port must be one that is free, but ${port} is not: ${messageOf(cause)}`,
      {
        hint: "Leave --port out, and a free one is taken.",
        cause,
      },
    );
  }
}
