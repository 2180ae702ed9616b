/** The server beside an exported model, asked over HTTP, and what `millrace predict` says of the same. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request as ask } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

type Json = Readonly<Record<string, unknown>>;

const trainer = (more: object = {}) => ({ use: "tfjs", with: { device: "cpu", epochs: 2, ...more } });
const specs: Readonly<Record<string, object>> = {
  table: {
    source: {
      use: "csv",
      with: {
        path: "rooms.csv",
        columns: { size: "float32?", place: "text?", label: { type: "float32", from: "price" } },
      },
    },
    split: { train: 0.8, validation: 0.2 },
    transforms: [
      { use: "fill-missing", with: { fields: "size", strategy: "median" } },
      { use: "fill-missing", with: { fields: "place", strategy: "constant", value: "nowhere" } },
      { use: "standardize", with: { fields: ["size", "label"] } },
      { use: "one-hot", with: { fields: "place", unknown: "ignore" } },
      { use: "concat", with: { fields: ["size", "place"] } },
    ],
    loader: { batchSize: 8, shuffle: true },
    model: {
      use: "layers",
      with: {
        layers: [
          { type: "dense", units: 4, activation: "tanh" },
          { type: "dense", units: 1 },
        ],
      },
    },
    trainer: trainer({ loss: "meanSquaredError" }),
  },
  pictures: {
    source: { use: "image-folder", with: { root: "drawn" } },
    transforms: [
      { use: "resize", with: { width: 6, height: 5 } },
      { use: "normalize", with: { mean: 0.4, std: 0.3 } },
    ],
    loader: { batchSize: 4 },
    model: {
      use: "layers",
      with: { layers: [{ type: "flatten" }, { type: "dense", units: { from: "labels.count" } }] },
    },
    trainer: trainer(),
  },
  texts: {
    source: {
      use: "memory",
      with: {
        samples: Array.from({ length: 24 }, (_, i) => ({
          text: i % 2 ? "good fine /good" : "bad awful",
          label: i % 2 ? "yes" : "no",
        })),
      },
    },
    transforms: [{ use: "words" }],
    loader: { batchSize: 8, collate: { use: "pad-sequence" } },
    model: {
      use: "layers",
      with: {
        layers: [
          { type: "embedding", inputDim: { from: "vocabulary.size" }, outputDim: 4 },
          { type: "globalAveragePooling1d" },
          { type: "dense", units: { from: "labels.count" }, activation: "softmax" },
        ],
      },
    },
    trainer: trainer({ input: "tokens" }),
  },
  rounds: {
    source: {
      use: "memory",
      with: { samples: Array.from({ length: 12 }, (_, i) => ({ text: "abcabc".slice(i % 3) })) },
    },
    transforms: [{ use: "characters", with: { vocabulary: { special: { begin: "<s>", end: "</s>" } } } }],
    loader: { batchSize: 6, collate: { use: "language-model" } },
    model: {
      use: "layers",
      with: {
        layers: [
          { type: "embedding", inputDim: { from: "vocabulary.size" }, outputDim: 4 },
          { type: "gru", units: 6, returnSequences: true },
          { type: "dense", units: { from: "vocabulary.size" } },
        ],
      },
    },
    trainer: trainer({ input: "tokens", loss: "sparseCategoricalCrossentropy" }),
  },
};

let home: string;
let secret: string;
const urls = new Map<string, string>();
const children: ChildProcess[] = [];

beforeAll(async () => {
  home = await newFolder();
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i % 7 === 0 ? "" : 20 + i},${["north", "south", ""][i % 3]},${300 + 9 * i}`,
  );
  await writeFile(join(home, "rooms.csv"), ["size,place,price", ...rows].join("\n"));
  for (const [name, fill] of Object.entries({ red: "#d22", blue: "#22d" })) {
    await mkdir(join(home, "drawn", name), { recursive: true });
    for (let i = 0; i < 4; i++) {
      const picture = sharp({ create: { width: 12 + i, height: 9, channels: 3, background: fill } });
      await picture.png().toFile(join(home, "drawn", name, `${i}.png`));
    }
  }
  secret = join(home, "drawn", "red", "0.png");
  for (const [name, spec] of Object.entries(specs)) {
    await writeFile(join(home, `${name}.json`), JSON.stringify({ seed: 1, ...spec }));
    for (const words of [
      ["run", `${name}.json`, "--out", name],
      ["export", name, "--to", `${name}-model`, "--format", "server"],
    ]) {
      const { code, stderr, stdout } = await millrace(words, home);
      if (code !== 0) throw new Error(`${words.join(" ")}: ${stderr}${stdout}`);
    }
    urls.set(name, await start(`${name}-model`));
  }
  // What it was trained on need not be there.
  await rm(join(home, "rooms.csv"));
}, 240_000);
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** What `npm install` would give. */
async function install(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules", "@millrace"), { recursive: true });
  await symlink(
    fileURLToPath(new URL("../", import.meta.url)),
    join(folder, "node_modules", "@millrace", "runner"),
  );
}

async function start(name: string, ...words: string[]): Promise<string> {
  const folder = join(home, name);
  await install(folder).catch(() => {});
  const child = spawn(process.execPath, ["server.mjs", "--port", "0", ...words], { cwd: folder });
  children.push(child);
  let said = "";
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const url = /listening on (http:\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

interface Told {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

async function post(
  name: string,
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  query = "",
): Promise<Told> {
  const url = `${urls.get(name)}/predict${query}`;
  const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
  return { status: response.status, body: (await response.json()) as Json, headers: response.headers };
}

/** What `predict` says of an input, by the answer's own fields. */
async function own(name: string, ...words: string[]): Promise<Json[]> {
  const { stdout } = await millrace(["predict", name, ...words, "--format", "jsonl"], home);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);
}

const answersOf = ({ status, body }: Told): Json[] => {
  expect([status, body.error]).toEqual([200, undefined]);
  return body.answers as Json[];
};

/** Where answers are not those that were expected, to what float32 knows. */
function differences(told: readonly Json[], expected: readonly Json[]): string[] {
  if (told.length !== expected.length) return [`${told.length} answers, not ${expected.length}`];
  return expected.flatMap(({ input: _asked, ...fields }, i) => {
    const { input: _own, ...answer } = told[i];
    const [numbers, wanted] = [numbersIn(answer), numbersIn(fields)];
    const same =
      String(Object.keys(answer)) === String(Object.keys(fields)) &&
      (wanted.length > 0 || typeof fields.continuation === "string") &&
      answer.continuation === fields.continuation &&
      wanted.every((number, at) => Math.abs(numbers[at] - number) < 1e-5);
    return same ? [] : [`${JSON.stringify(answer)}, not ${JSON.stringify(fields)}`];
  });
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe("an exported server answers as predict does", () => {
  const rows = [
    { size: 31, place: "south" },
    { size: null, place: "west" },
    { place: null, size: 44.5 },
  ];
  it("about rows of a table: in JSON, by lines, and as CSV", async () => {
    await writeFile(join(home, "asked.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
    const csv = "place,size\nsouth,31\nwest,\n,44.5\n";
    await writeFile(join(home, "asked.csv"), csv);
    const expected = await own("table", "asked.jsonl");
    expect(expected).toHaveLength(3);
    expect(
      differences(answersOf(await post("table", "application/json", JSON.stringify({ rows }))), expected),
    ).toEqual([]);
    expect(
      differences(answersOf(await post("table", "application/json", JSON.stringify(rows))), expected),
    ).toEqual([]);
    expect(
      differences(
        answersOf(
          await post("table", "application/x-ndjson", rows.map((row) => JSON.stringify(row)).join("\n")),
        ),
        expected,
      ),
    ).toEqual([]);
    const table = answersOf(await post("table", "text/csv; charset=utf-8", csv, "?name=mine.csv"));
    expect(differences(table, await own("table", "asked.csv"))).toEqual([]);
    expect(table[0].input).toBe("mine.csv:2");
  });

  it("about pictures: as they are, and as data URLs in JSON", async () => {
    const picture = sharp({ create: { width: 31, height: 22, channels: 3, background: "#a34" } });
    const [png, jpeg] = [await picture.png().toBuffer(), await picture.jpeg().toBuffer()];
    await writeFile(join(home, "a.png"), png);
    await writeFile(join(home, "a.jpg"), jpeg);
    const [ofPng] = await own("pictures", "a.png");
    expect(differences(answersOf(await post("pictures", "image/png", new Uint8Array(png))), [ofPng])).toEqual(
      [],
    );
    expect(
      differences(
        answersOf(await post("pictures", "image/jpeg", new Uint8Array(jpeg), "?top=1")),
        await own("pictures", "a.jpg", "--top", "1"),
      ),
    ).toEqual([]);
    expect(
      differences(
        answersOf(await post("pictures", "application/octet-stream", new Uint8Array(png), "?name=a.png")),
        [ofPng],
      ),
    ).toEqual([]);
    const image = `data:image/png;base64,${png.toString("base64")}`;
    expect(
      differences(
        answersOf(await post("pictures", "application/json", JSON.stringify([{ image }, { image }]))),
        [ofPng, ofPng],
      ),
    ).toEqual([]);
  });

  it("about texts, and goes on with them", async () => {
    const text = "/good or awful";
    const expected = await own("texts", "--text", text);
    expect(differences(answersOf(await post("texts", "text/plain; charset=utf-8", text)), expected)).toEqual(
      [],
    );
    expect(
      differences(answersOf(await post("texts", "application/json", JSON.stringify({ text }))), expected),
    ).toEqual([]);
    const drawn = await own(
      "rounds",
      "--text",
      "ab",
      "--temperature",
      "0.5",
      "--seed",
      "7",
      "--max-tokens",
      "6",
    );
    expect(
      differences(
        answersOf(await post("rounds", "text/plain", "ab", "?temperature=0.5&seed=7&maxTokens=6")),
        drawn,
      ),
    ).toEqual([]);
  });

  it.each(["table", "pictures", "texts", "rounds"])(
    "by the commands of its README: %s",
    { skip: process.platform === "win32" },
    async (name) => {
      const readme = await readFile(join(home, `${name}-model`, "README.md"), "utf8");
      const commands = readme.split("\n").filter((line) => line.startsWith("curl "));
      const types = commands.map((command) => /content-type: ([^']+)'/.exec(command)?.[1]);
      expect(types).toEqual(
        {
          table: ["text/csv", "application/json"],
          pictures: ["image/png", "application/json"],
          texts: ["text/plain", "application/json"],
          rounds: ["text/plain", "application/json"],
        }[name],
      );
      const cwd = join(home, `asked-${name}`);
      await mkdir(cwd);
      const picture = sharp({ create: { width: 31, height: 22, channels: 3, background: "#a34" } });
      await picture.png().toFile(join(cwd, "photo.png"));
      await writeFile(join(cwd, "new.csv"), "size,place\n31,south\n");
      const port = new URL(urls.get(name) ?? "").port;
      for (const command of commands) {
        const { stdout } = spawnSync("sh", ["-c", command.replace("8080", port)], { cwd });
        const { answers = [] } = JSON.parse(stdout.toString()) as { answers?: Json[] };
        expect([command, answers.length, answers[0]?.error]).toEqual([command, 1, undefined]);
      }
    },
  );

  it("says what it takes and gives, and that it is well", async () => {
    const about = (await (await fetch(urls.get("pictures") ?? "")).json()) as Json;
    expect(about).toMatchObject({ predict: "POST /predict", labels: ["blue", "red"], continues: false });
    expect(about.takes).toEqual(expect.arrayContaining(["application/json", "*.png"]));
    const health = await fetch(`${urls.get("table")}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok", waiting: 0 }]);
  });
});

describe("an exported server that is asked wrongly", () => {
  it.each([
    ["a body that is no JSON", "application/json", "{ no", "", 400, "JSON"],
    ["nothing", "application/json", "", "", 400, "EMPTY"],
    ["a type that is not taken", "image/png", "x", "", 415, "TYPE"],
    ["bytes that are no UTF-8", "application/json", new Uint8Array([0xff, 0xfe, 0x80]), "", 400, "ENCODING"],
    ["a row that is no object", "application/json", "[3]", "", 422, "INPUT_INVALID"],
    ["a row with a word for a number", "application/json", '[{ "size": "wide" }]', "", 422, "INPUT_INVALID"],
    ["an unknown option", "application/json", "[{}]", "?tpo=3", 400, "QUERY"],
    ["an option out of range", "application/json", "[{}]", "?top=0", 400, "QUERY"],
  ])("says so in JSON: %s", async (_what, type, body, query, status, code) => {
    const told = await post("table", type, body, query);
    expect(told.status).toBe(status);
    expect(told.body).toEqual({ error: expect.objectContaining({ code }) as unknown });
    expect(JSON.stringify(told.body)).not.toMatch(/\bat .*\.js|millrace-asked/);
  });

  it("knows its paths and methods", async () => {
    expect((await fetch(`${urls.get("table")}/../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${urls.get("table")}/predict`)).status).toBe(405);
    expect((await fetch(`${urls.get("table")}/health`, { method: "DELETE" })).headers.get("allow")).toBe(
      "GET, HEAD",
    );
  });

  it("answers the other rows where one is wrong, each in its place", async () => {
    const told = answersOf(
      await post(
        "table",
        "application/json",
        JSON.stringify([{ size: 30, place: "north" }, 7, { size: "wide", place: "north" }]),
      ),
    );
    expect(told.map((each) => [each.input, "value" in each, "error" in each])).toEqual([
      ["row 1", true, false],
      ["row 2", false, true],
      ["row 3", false, true],
    ]);
  });

  it("reads no file of the machine, and tells nothing of what is there", async () => {
    const told = async (image: unknown) =>
      (await post("pictures", "application/json", JSON.stringify({ image }))).body;
    const there = await told(secret);
    expect(there).toEqual({ error: expect.objectContaining({ code: "INPUT_INVALID" }) as unknown });
    expect(await told(join(home, "not-there.png"))).toEqual(there);
    for (const path of ["../../../../etc/passwd", "file:///etc/passwd", "C:\\x.png", "a/../../b.png"])
      expect(await told(path)).toEqual(there);
    const garbled = await post(
      "pictures",
      "application/json",
      JSON.stringify({ image: `data:image/png;base64,${" ".repeat(1e5)}!` }),
    );
    expect([garbled.status, garbled.body.error]).toMatchObject([
      422,
      { message: '"image" must be a data URL in base64, was none' },
    ]);
    const broken = await post("pictures", "image/png", "no picture");
    expect(broken.status).toBe(422);
    expect(JSON.stringify(broken.body)).not.toContain("millrace-asked");
  });
});

describe("an exported server's limits", () => {
  it("refuses bodies that are too large, before and while they come", async () => {
    urls.set("small", await start("table-model", "--max-bytes", "1000"));
    const large = JSON.stringify([{ size: 1, place: "x".repeat(2000) }]);
    expect((await post("small", "application/json", large)).status).toBe(413);
    const { port } = new URL(urls.get("small") ?? "");
    const status = await new Promise((resolve, reject) => {
      const sent = ask(
        { port, path: "/predict", method: "POST", headers: { "content-type": "application/json" } },
        (response) => resolve(response.statusCode),
      );
      sent.on("error", reject);
      sent.write(large);
      sent.end();
    });
    expect(status).toBe(413);
    expect((await post("small", "application/json", '[{ "size": 1, "place": "north" }]')).status).toBe(200);
  }, 60_000);

  it("refuses more rows than it may take, and addresses that are none, without a word on its own errors", async () => {
    urls.set("few", await start("table-model", "--max-rows", "3"));
    for (const [type, between] of [
      ["application/json", ","],
      ["application/x-ndjson", "\n"],
    ] as const) {
      const rows = (count: number) => {
        const text = Array.from({ length: count }, () => '{"size":1,"place":"north"}').join(between);
        return type === "application/json" ? `[${text}]` : text;
      };
      expect((await post("few", type, rows(4))).body).toMatchObject({ error: { code: "TOO_MANY" } });
      expect((await post("few", type, rows(3))).status).toBe(200);
    }
    const { port } = new URL(urls.get("few") ?? "");
    const status = (path: string) =>
      new Promise((resolve, reject) => {
        ask({ port, path }, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      });
    expect(await Promise.all(["//", "http://[", "*", "/%ff", "/%"].map(status))).toEqual([
      404, 400, 404, 404, 404,
    ]);
  }, 60_000);

  it.each([
    [["--prot", "1"], 2, /^error: Unknown option '--prot'\nKnown: --host, --port, /],
    [["--port", "70000"], 2, /^error: --port must be a whole number from 0 to 65535, was "70000"\n$/],
    [["--queue", "1.5"], 2, /^error: --queue must be a whole number, was 1.5\n$/],
    [["--timeout", ""], 2, /^error: --timeout must be a number from 0.001 to 86400, was ""\n$/],
    [["--port", "taken"], 1, /^error: listen EADDRINUSE.*; the port is taken: name another/],
  ])("says in a line why it does not start with %j", async (words, code, text) => {
    const { port } = new URL(urls.get("table") ?? "");
    const given = words.map((word) => (word === "taken" ? port : word));
    const told = spawnSync(process.execPath, ["server.mjs", ...given], {
      cwd: join(home, "table-model"),
      encoding: "utf8",
    });
    expect(told.stderr).toMatch(text);
    expect(told.status).toBe(code);
  });

  it("says in a line that its run is not whole", async () => {
    const folder = join(home, "broken-model");
    await cp(join(home, "table-model"), folder, { recursive: true, verbatimSymlinks: true });
    await writeFile(join(folder, "run", "spec.json"), "{");
    const { stderr, status } = spawnSync(process.execPath, ["server.mjs"], { cwd: folder, encoding: "utf8" });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: .*spec\.json is not valid JSON/)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("gives up on a body that does not come, and goes on", async () => {
    urls.set("quick", await start("table-model", "--timeout", "1"));
    const { port } = new URL(urls.get("quick") ?? "");
    const heard = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1");
      let text = "";
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.once("close", () => resolve(text));
      socket.once("error", () => resolve(text));
      socket.write(
        "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n[",
      );
    });
    expect(heard).toMatch(/^HTTP\/1\.1 (408|503)/);
    expect((await fetch(`${urls.get("quick")}/health`)).status).toBe(200);
  }, 60_000);

  it("answers many at once, one after the other, and refuses those beyond its queue", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ size: 20 + i, place: "north" }));
    const asked = Array.from({ length: 10 }, () => post("table", "application/json", JSON.stringify(rows)));
    const [first, ...others] = (await Promise.all(asked)).map(answersOf);
    for (const each of others) expect(each).toEqual(first);
    urls.set("short", await start("table-model", "--queue", "1"));
    const slow = [begin("short"), begin("short")];
    await until(
      async () => ((await (await fetch(`${urls.get("short")}/health`)).json()) as Json).waiting === 2,
    );
    const refused = await post("short", "application/json", "[{}]");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    for (const each of slow) each.end();
    for (const each of slow) expect(await each.status).toBe(200);
    expect((await post("short", "application/json", JSON.stringify(rows))).status).toBe(200);
  }, 120_000);

  it("finishes what it has begun when it is told to stop, takes nothing new, and ends well", async () => {
    urls.set("leaving", await start("table-model"));
    const child = children.at(-1) as ChildProcess;
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));
    const begun = begin("leaving");
    await until(
      async () => ((await (await fetch(`${urls.get("leaving")}/health`)).json()) as Json).waiting === 1,
    );
    child.kill("SIGTERM");
    await until(() =>
      fetch(`${urls.get("leaving")}/health`).then(
        ({ status }) => status === 503,
        () => true,
      ),
    );
    begun.end();
    expect(await begun.status).toBe(200);
    expect(await ended).toEqual([0, null]);
  }, 60_000);
});

/** A request whose body is not yet there as a whole. */
function begin(name: string): { readonly status: Promise<number | undefined>; end(): void } {
  const { port } = new URL(urls.get(name) ?? "");
  const headers = { "content-type": "application/json" };
  const sent = ask({ port, path: "/predict", method: "POST", headers, agent: false });
  const status = new Promise<number | undefined>((resolve, reject) => {
    sent.once("response", (response) => resolve(response.resume().statusCode));
    sent.once("error", reject);
  });
  sent.write('[{ "size": 31,');
  return { status, end: () => sent.end(' "place": "north" }]') };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe("millrace export --format server", () => {
  it("writes one program, what it needs, and the run as far as predictions need it", async () => {
    const files = (await readdir(join(home, "table-model"))).filter((name) => name !== "node_modules").sort();
    expect(files).toEqual([
      "README.md",
      "fitted",
      "labels.json",
      "package.json",
      "preprocessing.json",
      "run",
      "server.mjs",
    ]);
    const manifest = JSON.parse(await readFile(join(home, "table-model", "package.json"), "utf8")) as Json;
    expect(manifest).toMatchObject({
      name: "table-server",
      type: "module",
      dependencies: { "@millrace/runner": expect.any(String) as unknown },
    });
    expect((await readdir(join(home, "table-model", "run"))).sort()).toEqual([
      "facts.json",
      "fitted",
      "model",
      "run.json",
      "spec.json",
    ]);
  });

  it("says why there is none where a file beside the spec would be needed", async () => {
    await writeFile(
      join(home, "twice.mjs"),
      "import { defineTransform } from '@millrace/core'; import { z } from 'zod'; export default defineTransform({ name: 'twice', summary: 'x', options: z.strictObject({}), create: () => (sample) => sample });",
    );
    await mkdir(join(home, "node_modules"), { recursive: true });
    const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
    await symlink(join(modules, "@millrace"), join(home, "node_modules", "@millrace"));
    await symlink(join(modules, "zod"), join(home, "node_modules", "zod"));
    const spec = {
      seed: 1,
      ...specs.pictures,
      plugins: ["./twice.mjs"],
      transforms: [{ use: "resize", with: { width: 6, height: 5 } }, { use: "twice" }],
    };
    await writeFile(join(home, "own.json"), JSON.stringify(spec));
    expect(await millrace(["run", "own.json", "--out", "own"], home)).toMatchObject({ code: 0 });
    const { code, stdout } = await millrace(["export", "own", "--to", "own-model"], home);
    expect(code).toBe(0);
    expect(stdout).toMatch(/left out: server\.mjs: .*plugin "\.\/twice\.mjs" was not found/);
    expect(await readdir(join(home, "own-model"))).not.toContain("server.mjs");
  }, 60_000);
});
