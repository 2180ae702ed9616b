/** A whole page in one file. */
import { createHash } from "node:crypto";
import { Html, html } from "./html.js";

export interface DocumentParts {
  readonly title: string;
  /** CSS. */
  readonly style: string;
  /** Further elements of the head. */
  readonly head?: Html | undefined;
  readonly header: Html;
  readonly main: Html;
  /** The only script that the page runs: none where there is none. */
  readonly script?: string;
}

/** Seconds after which the page of something that still runs is read again. */
const refreshSeconds = 5;

/** What has a page read again for as long as something runs. */
export function refreshing(isRunning: boolean): Html | undefined {
  return isRunning ? html`<meta http-equiv="refresh" content="${refreshSeconds}">` : undefined;
}

/** Nothing is asked for from outside, and no script runs but the one that is given. */
export function documentText({ title, style, head, header, main, script }: DocumentParts): string {
  const scripts =
    script === undefined
      ? ""
      : ` script-src 'sha256-${createHash("sha256").update(script).digest("base64")}';`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';${new Html(scripts)} style-src 'unsafe-inline'; img-src data:">
${head}
<title>${title} · Millrace</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
${script === undefined ? undefined : html`<script>${new Html(script)}</script>`}
</body>
</html>
`.text;
}
