// Answers predictions over HTTP, as `millrace predict` does. First `npm install`, then
//
//   node server.mjs --port 8080
//   curl localhost:8080
//
// says what it takes; README.md has commands that ask it.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { openModel, endingOf } from "@millrace/runner";

const values = optionsGiven({
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: process.env.PORT ?? "8080" },
  "max-bytes": { type: "string", default: String(10 * 2 ** 20) },
  "max-rows": { type: "string", default: "10000" },
  timeout: { type: "string", default: "30" },
  queue: { type: "string", default: "32" },
});
const port = wholeNumber("port", 0, 65_535);
/** Most bytes of a body and rows in it, seconds until an answer, requests that wait while another is answered. */
const limits = {
  maxBytes: wholeNumber("max-bytes", 1),
  maxRows: wholeNumber("max-rows", 1),
  timeout: number("timeout", 1e-3, 86_400),
  queue: wholeNumber("queue", 0),
};

const model = await openModel(new URL("run", import.meta.url)).catch((error) => {
  quit(1, error.name === "MillraceError" ? error.describe() : String(error.stack));
});
const { about } = model;
let waiting = 0;
let stopping = false;

const server = createServer({
  requestTimeout: limits.timeout * 1000,
  headersTimeout: limits.timeout * 1000,
  connectionsCheckingInterval: 1000,
});
server.on("request", (request, response) => {
  answer(request, response).catch((error) => {
    if (response.destroyed) return;
    const { status = 500, code = "UNEXPECTED", hint } = error;
    // What nobody expected is for whoever runs this, not for whoever asks.
    if (status >= 500 && !(error instanceof Refusal)) process.stderr.write(`${error.stack}\n`);
    const message = status === 500 ? "an error nobody expected" : error.message;
    send(response, status, { error: { code, message, hint } }, error.headers);
  });
});
server.listen(port, values.host, () => {
  const { address, port: own } = server.address();
  const name = address.includes(":") ? `[${address}]` : address;
  process.stdout.write(`listening on http://${name}:${own}\n`);
});
server.on("error", (error) => {
  const taken = "the port is taken: name another by --port, or 0 for one that is free";
  quit(1, error.code === "EADDRINUSE" ? `${error.message}; ${taken}` : error.message);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop());

/** What is being answered is answered; nothing new is taken. */
async function stop() {
  if (stopping) process.exit(1);
  stopping = true;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
  await model.close();
  process.exit(0);
}

class Refusal extends Error {
  constructor(status, code, message, { hint, headers } = {}) {
    super(message);
    Object.assign(this, { status, code, hint, headers });
  }
}

async function answer(request, response) {
  const { pathname, searchParams } = addressOf(request.url);
  const routes = { "/": description, "/health": health, "/predict": predict };
  const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (route === undefined)
    throw new Refusal(404, "NOT_FOUND", `there is no ${pathname}; GET / says what there is`);
  const methods = route === predict ? ["POST"] : ["GET", "HEAD"];
  if (!methods.includes(request.method)) {
    const message = `${pathname} takes ${methods[0]}, not ${request.method}`;
    throw new Refusal(405, "METHOD", message, { headers: { allow: methods.join(", ") } });
  }
  const [status, body] = await route(request, response, searchParams);
  send(response, status, body);
}

/** A path and what is asked of it; an address as proxies are sent it is one too. */
function addressOf(url) {
  const base = "http://localhost";
  try {
    return new URL(url.startsWith("/") ? base + url : url, base);
  } catch {
    throw new Refusal(400, "ADDRESS", "the address of the request is none");
  }
}

function description() {
  const { endings, text, continues } = about;
  const takes = [
    "application/json",
    "application/x-ndjson",
    ...(text ? ["text/plain"] : []),
    ...endings.map((ending) => `*${ending}`),
  ];
  return [
    200,
    { predict: "POST /predict", takes, gives: continues ? "continuations" : "predictions", ...about, limits },
  ];
}

function health() {
  return stopping ? [503, { status: "stopping" }] : [200, { status: "ok", waiting }];
}

/** Bodies that are read and not yet answered are counted, so that no crowd fills the memory. */
async function predict(request, response, query) {
  if (stopping) throw busy("the server is being stopped");
  if (waiting > limits.queue) throw busy(`${waiting} requests are waiting already`);
  waiting++;
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(limits.timeout * 1000), left(response)]);
    const asked = askedBy(await bodyOf(request), request.headers["content-type"] ?? "", query);
    const answers = await inTime(model.ask(asked, { ...optionsOf(query), signal }), signal);
    const [first] = answers;
    if (answers.length === 1 && first.error !== undefined) throw refusalOf(first.error);
    return [200, { answers }];
  } catch (error) {
    throw error.name === "MillraceError" ? refusalOf(error) : error;
  } finally {
    waiting--;
  }
}

/** Whoever asked has gone. */
function left(response) {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

/** The answer, or 503 once its time is over. */
function inTime(told, signal) {
  told.catch(() => {});
  return new Promise((resolve, reject) => {
    const late = () => reject(busy(`there was no answer within ${limits.timeout} seconds`));
    signal.addEventListener("abort", late, { once: true });
    told.then(resolve, (error) => (signal.aborted ? late() : reject(error)));
  });
}

function busy(message) {
  return new Refusal(503, "BUSY", message, { hint: "Ask again later.", headers: { "retry-after": "1" } });
}

/** An error of Millrace's own is about what was sent. */
function refusalOf({ code, message, hint }) {
  return new Refusal(code === "UNEXPECTED" ? 500 : 422, code, message, { hint });
}

async function bodyOf(request) {
  const tooLarge = () =>
    new Refusal(413, "TOO_LARGE", `a body has at most ${limits.maxBytes} bytes`, {
      headers: { connection: "close" },
    });
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes) throw tooLarge();
  const chunks = [];
  let size = 0;
  // Whoever sends too much is told so, which a connection that is cut cannot do.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > limits.maxBytes) {
      request.resume();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a body asks about, by its type. */
function askedBy(body, contentType, query) {
  const [type] = contentType
    .toLowerCase()
    .split(";", 1)
    .map((each) => each.trim());
  if (body.length === 0)
    throw new Refusal(400, "EMPTY", "there is no body", { hint: "GET / says what is taken." });
  if (type === "application/json") {
    const rows = rowsOf(parsed(textOf(body)));
    requireFew(rows);
    return { rows };
  }
  if (["application/x-ndjson", "application/jsonl", "application/x-jsonlines"].includes(type)) {
    const lines = textOf(body)
      .split(/\r?\n/)
      .filter((line) => line.trim() !== "");
    requireFew(lines);
    return { rows: lines.map((line, i) => parsed(line, `line ${i + 1}: `)) };
  }
  if (type === "text/plain" && about.text !== undefined) return { texts: [textOf(body)] };
  const name = query.get("name") ?? `body${endingOf(type)}`;
  const ending = /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? "";
  if (about.endings.includes(ending)) return { file: body, name };
  throw new Refusal(415, "TYPE", `a body of the type "${type}" is not taken here`, {
    hint: `Send JSON${about.text === undefined ? "" : ", text/plain"}${about.endings.length === 0 ? "" : `, or a file (${about.endings.join(", ")}) with its type or ?name=`}.`,
  });
}

function rowsOf(value) {
  if (Array.isArray(value)) return value;
  return Array.isArray(value?.rows) ? value.rows : [value];
}

/** Each row may be an error of its own, which takes a thousand times the room of what was sent. */
function requireFew({ length }) {
  if (length <= limits.maxRows) return;
  throw new Refusal(413, "TOO_MANY", `a body has at most ${limits.maxRows} rows, had ${length}`, {
    hint: "Send them in several requests.",
  });
}

function textOf(body) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Refusal(400, "ENCODING", "text must be UTF-8, was not");
  }
}

function parsed(text, where = "") {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, "JSON", `${where}the body must be JSON: ${error.message}`);
  }
}

/** `?top=3`, and of language models `?maxTokens=20&temperature=0.8&topK=20&topP=0.9&seed=1`. */
function optionsOf(query) {
  const rules = {
    top: (value) => Number.isInteger(value) && value > 0,
    maxTokens: (value) => Number.isInteger(value) && value > 0,
    topK: (value) => Number.isInteger(value) && value > 0,
    temperature: (value) => value >= 0,
    topP: (value) => value >= 0 && value <= 1,
    seed: (value) => Number.isSafeInteger(value) && value >= 0,
  };
  const options = {};
  for (const [name, text] of query) {
    if (name === "name") continue;
    const value = Number(text);
    if (!Object.hasOwn(rules, name))
      throw new Refusal(400, "QUERY", `there is no ?${name}=; known are ${Object.keys(rules).join(", ")}`);
    if (text.trim() === "" || !rules[name](value))
      throw new Refusal(400, "QUERY", `?${name}= cannot be ${JSON.stringify(text)}`);
    options[name] = value;
  }
  return options;
}

function send(response, status, body, headers = {}) {
  if (response.destroyed) return;
  const text = `${JSON.stringify(body)}\n`;
  const own = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
  response.writeHead(status, { ...own, ...(stopping && { connection: "close" }), ...headers });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

function number(name, least, most = Number.MAX_SAFE_INTEGER, rule = "a number") {
  const value = Number(values[name]);
  const to = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  if (values[name].trim() === "" || !(value >= least && value <= most))
    quit(2, `--${name} must be ${rule} ${to}, was ${JSON.stringify(values[name])}`);
  return value;
}

function wholeNumber(name, least, most) {
  const value = number(name, least, most, "a whole number");
  if (!Number.isInteger(value)) quit(2, `--${name} must be a whole number, was ${value}`);
  return value;
}

function optionsGiven(options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`);
    return quit(2, `${error.message.split(". ")[0]}\nKnown: ${known.join(", ")}.`);
  }
}

function quit(code, text) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(code);
}
