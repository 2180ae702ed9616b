/** `new project`: what is written after a look at data passes the check, and trains to more than a guess is worth. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../support/cli.js";
import { millraceHere as millrace } from "../support/host.js";

const wine = fileURLToPath(new URL("../../../../../shared/data/winequality-white.csv", import.meta.url));

let home: string;
beforeAll(async () => {
  home = await newFolder();
  await put("flats.csv", flats(600));
});

interface Told {
  readonly files: readonly string[];
  readonly found: readonly string[];
  readonly decisions: readonly string[];
  readonly baseline: string;
  readonly question: string;
}

/** Makes the project `name`, checks its spec and trains it; what the best epoch's model is worth on the validation split. */
async function trained(name: string, words: readonly string[], set: readonly string[] = []) {
  const made = await millrace(["new", "project", name, ...words, "--json"], home);
  expect([made.code, made.stderr]).toEqual([0, ""]);
  const told = JSON.parse(made.stdout) as Told;
  const folder = join(home, name);
  const check = await millrace(["check", "spec.jsonc"], folder);
  expect([check.code, check.stderr]).toEqual([0, ""]);
  const sets = set.flatMap((each) => ["--set", each]);
  const run = await millrace(["run", "spec.jsonc", "--out", "runs/first", "--json", ...sets], folder);
  expect(run).toMatchObject({ code: 0 });
  const { metrics } = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "") as {
    metrics: Readonly<Record<string, number>>;
  };
  const spec = await readFile(join(folder, "spec.jsonc"), "utf8");
  const ask = async () => {
    const words = /^--text "(.*)"$/.exec(told.question);
    const input = words === null ? [told.question] : ["--text", words[1]];
    return millrace(["predict", "runs/first", ...input], folder);
  };
  return { told, spec, metrics, ask, folder };
}

async function put(path: string, text: string): Promise<string> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
  return path;
}

const few = ["trainer.with.epochs=12"];

/** Cheap and repeatable numbers from 0 to 1. */
const random = (seed: number) => (((Math.sin(seed * 12.9898) * 43_758.5453) % 1) + 1) % 1;

/** Flats whose rent follows from size, district and year; with gaps, a decimal comma, an id, dates, a note. */
function flats(rows: number): string {
  const districts = ["Altstadt", "Hafen", "Norden", "Westend"];
  const lines = Array.from({ length: rows }, (_, i) => {
    const size = 30 + Math.round(random(i + 1) * 900) / 10;
    const district = Math.floor(random(i + 2) * 4);
    const year = 1950 + Math.floor(random(i + 3) * 70);
    const balcony = random(i + 4) > 0.5;
    const rent = size * (8 + 3 * district) + (balcony ? 60 : 0) + (year - 1950);
    const gap = (at: number, value: string) => (random(i * 7 + at) < 0.08 ? "" : value);
    const day = `${String(1 + (i % 28)).padStart(2, "0")}.${String(1 + (i % 12)).padStart(2, "0")}.2024`;
    return [
      `F-${1000 + i}`,
      gap(1, String(size).replace(".", ",")),
      gap(2, districts[district]),
      gap(3, balcony ? "yes" : "no"),
      day,
      random(i * 7 + 4) < 0.1 ? "?" : String(year),
      "EUR",
      rent.toFixed(2).replace(".", ","),
    ].join(";");
  });
  return `id;size;district;balcony;listed;year;currency;rent\n${lines.join("\n")}\n`;
}

describe("new project --from a table", () => {
  it.skipIf(!existsSync(wine))(
    "trains on the wines of shared/data better than the most frequent class",
    async () => {
      const { told, spec, metrics, ask } = await trained("wine", ["--from", wine], few);
      expect(told.baseline).toBe('always saying "6" is right for 44.9 %');
      expect(spec).toContain('"labelType": "class"');
      expect(metrics.accuracy).toBeGreaterThan(0.5);
      expect((await ask()).stdout.trim().split("\n")).toHaveLength(4);
    },
  );

  it("finds delimiter, decimal comma, blanks, categories, flags, dates and ids of a CSV file, and tells a number", async () => {
    const { told, spec, metrics, ask } = await trained("flats", ["--from", "flats.csv"], few);
    const off = Number(/is ([\d.]+) off on average/.exec(told.baseline)?.[1]);
    expect(metrics.meanAbsoluteError).toBeLessThan(off / 2);
    expect(spec).toContain('"decimal": ","');
    expect(spec).toContain('"listed": { "type": "date", "format": "%d.%m.%Y" }');
    expect(spec).toMatch(/"year": \{ "type": "float32\?", "missingWords": \["\?"\] \}/);
    expect(spec).toContain("4 categories: ");
    expect(told.decisions.join("\n")).toMatch(
      /"rent" is told.*\nregression.*\n"id" is left out: names a row.*\n"currency" is left out: is the same/,
    );
    const asked = await ask();
    expect([asked.code, asked.stdout.trim().split("\n")]).toEqual([
      0,
      expect.objectContaining({ length: 4 }),
    ]);
  });

  it("reads what Windows writes, and asks in UTF-8 about the same columns", async () => {
    const rows = Array.from({ length: 120 }, (_, i) => `Ä${i % 3};${i % 7};${i % 3 === 0 ? "Süd" : "Nord"}`);
    await writeFile(join(home, "latin.csv"), Buffer.from(`straße;n;gegend\n${rows.join("\n")}\n`, "latin1"));
    const { spec, ask } = await trained("latin", ["--from", "latin.csv"], ["trainer.with.epochs=3"]);
    expect(spec).toContain('"encoding": "windows-1252"');
    const asked = await ask();
    expect([asked.code, asked.stdout]).toEqual([0, expect.stringContaining("Nord")]);
  });

  it.each([
    ["ragged.csv", "a,b\n1,2\n3\n", /ragged\.csv:3/],
    ["twice.csv", "a,a,b\n1,2,3\n4,5,6\n", /two are "a"/],
    ["empty.csv", "", /must have rows/],
  ])("refuses %s before anything is written", async (name, text, message) => {
    await put(name, text);
    const { code, stderr } = await millrace(["new", "project", "never", "--from", name], home);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(join(home, "never"))).toBe(false);
  });

  it("gives many categories a vector each, and drops rows whose target is blank", async () => {
    const rows = Array.from({ length: 900 }, (_, i) => {
      const shop = Math.floor(random(i) * 60);
      return `shop ${shop},${Math.round(random(i + 5) * 100)},${i % 90 === 0 ? "" : shop % 3 === 0 ? "busy" : "calm"}`;
    });
    await put("shops.csv", `shop,staff,state\n${rows.join("\n")}\n`);
    const { spec, metrics } = await trained("shops", ["--from", "shops.csv", "--target", "state"], few);
    expect(spec).toContain('"inputDim": { "from": "categories.shop.count" }');
    expect(spec).toContain('"missing": "drop"');
    expect(metrics.accuracy).toBeGreaterThan(0.9);
  });

  it("reads a table without a header by the places of its columns", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => {
      const at = random(i);
      return `${i},${at > 0.5 ? "high" : "low"},${at.toFixed(3)},${random(i + 7).toFixed(3)}`;
    });
    await put("plain.csv", `${rows.join("\n")}\n`);
    const { spec, metrics, ask } = await trained(
      "plain",
      ["--from", "plain.csv", "--target", "1"],
      ["trainer.with.epochs=25"],
    );
    expect(spec).toContain('"header": false');
    expect(spec).toContain('"features": ["2", "3"]');
    expect(metrics.accuracy).toBeGreaterThan(0.8);
    const asked = await ask();
    expect([asked.code, asked.stdout.trim().split("\n")]).toEqual([
      0,
      expect.objectContaining({ length: 4 }),
    ]);
  });

  it("takes JSON Lines with flags, vectors and gaps", async () => {
    const lines = Array.from({ length: 300 }, (_, i) => {
      const at = [random(i), random(i + 50)];
      const group = i % 5 === 0 ? {} : { warm: random(i + 9) > 0.5 };
      return JSON.stringify({ at, ...group, deep: { a: 1 }, side: at[0] > at[1] ? "left" : "right" });
    });
    await put("points.jsonl", lines.join("\n"));
    const { told, spec, metrics } = await trained("points", ["--from", "points.jsonl"], few);
    expect(spec).toContain('"at": "float32[2]"');
    expect(spec).toContain('"warm": "bool?"');
    expect(told.decisions.join("\n")).toContain('"deep" is left out');
    expect(metrics.accuracy).toBeGreaterThan(0.85);
  });

  it("reads texts where they say most, and Parquet by the names of its columns", async () => {
    const words = ["cheap", "prize", "winner", "call now"];
    const plain = ["meet", "lunch", "tomorrow", "the train"];
    const rows = Array.from({ length: 300 }, (_, i) => {
      const spam = i % 3 === 0;
      const from = spam ? words : plain;
      const said = Array.from({ length: 6 }, (_, k) => from[Math.floor(random(i * 6 + k) * 4)]).join(" ");
      return `${spam ? "spam" : "ham"}\t${said} ${i}`;
    });
    // What people type: commas in the first line, and a quote that nobody closes.
    rows.unshift("ham\tmeet, lunch, tomorrow, the train 300", 'spam\t"cheap prize winner');
    await put("sms.tsv", `${rows.join("\n")}\n`);
    const { spec, metrics, ask } = await trained("sms", ["--from", "sms.tsv", "--target", "0"], few);
    expect(spec).toContain('"header": false');
    expect(spec).toContain('"quote": null');
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect((await ask()).stdout).toMatch(/spam/);
    const rates = Array.from(
      { length: 200 },
      (_, i) => `${i % 7};${i % 2 ? "no" : "yes"};${i % 9 ? "" : '"'}${i}`,
    );
    await put("rates.tsv", `size;sold, or not;note, if any\n${rates.join("\n")}\n`);
    const lone = await trained("rates", ["--from", "rates.tsv", "--target", "sold, or not"], few);
    expect(lone.spec).toContain('"delimiter": ";"');
    expect((await lone.ask()).stderr).toContain("3 predictions");
    const parquet = fileURLToPath(new URL("../fixtures/one-table/flowers.parquet", import.meta.url));
    const flowers = await trained("flowers", ["--from", parquet], few);
    expect(flowers.spec).toContain('"use": "parquet"');
  });
});

describe("new project --from a folder", () => {
  it("brings photos of any size to one, and tells the folder of each", async () => {
    for (let i = 0; i < 60; i++) {
      const isRound = i % 2 === 0;
      const at = 10 + Math.round(random(i) * 30);
      const hue = ["#d33", "#3a3", "#33d"][i % 3];
      const shape = isRound
        ? `<circle cx="${at + 12}" cy="50" r="20" fill="${hue}"/>`
        : `<path d="M${at} 30h40v4h-40zM${at} 60h40v4h-40z" fill="${hue}"/>`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${90 + (i % 5)}" height="90"><rect width="100" height="100" fill="#eee"/>${shape}</svg>`;
      const folder = join(home, "shapes", isRound ? "round" : "flat");
      await mkdir(folder, { recursive: true });
      await sharp(Buffer.from(svg))
        .jpeg()
        .toFile(join(folder, `${i}.jpg`));
    }
    const { spec, metrics, ask } = await trained(
      "shapes-project",
      ["--from", "shapes"],
      ["trainer.with.epochs=10", "loader.numWorkers=0"],
    );
    expect(spec).toContain('"use": "resize"');
    expect(spec).not.toContain('"mode": "grayscale"');
    expect(metrics.accuracy).toBeGreaterThan(0.7);
    expect((await ask()).stdout).toMatch(/\n.*\.jpg,(round|flat),/);
  });

  it("takes a table beside the images for their classes, and refuses images that nothing tells apart", async () => {
    const rows: string[] = [];
    for (let i = 0; i < 40; i++) {
      const dark = i % 2 === 0;
      const level = dark ? 30 + i : 190 + i;
      const file = `pictures/${i}.png`;
      await mkdir(join(home, "faces/pictures"), { recursive: true });
      await sharp({
        create: { width: 16, height: 16, channels: 3, background: { r: level, g: level, b: level } },
      })
        .png()
        .toFile(join(home, "faces", file));
      rows.push(`${file},${dark ? "night" : "day"}`);
    }
    const refused = await millrace(["new", "project", "faces-none", "--from", "faces"], home);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("nothing says what is to be told of them");
    await put("faces/labels.csv", `file,when\n${rows.join("\n")}\n`);
    const { spec, metrics } = await trained(
      "faces-project",
      ["--from", "faces"],
      [...few, "loader.numWorkers=0"],
    );
    expect(spec).toContain('"manifest": "../faces/labels.csv"');
    expect(spec).toContain('"mode": "grayscale"');
    expect(metrics.accuracy).toBeGreaterThan(0.8);
  });

  it("reads texts in a folder for each class", async () => {
    for (let i = 0; i < 60; i++) {
      const verse = i % 2 === 0;
      const words = verse ? "rose moon sea night song" : "invoice total amount due tax";
      await put(`letters/${verse ? "verse" : "bill"}/${i}.txt`, `${words} ${i} ${words.split(" ")[i % 5]}\n`);
    }
    const { metrics, ask } = await trained("letters-project", ["--from", "letters"], few);
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect((await ask()).stdout).toMatch(/\.txt,(verse|bill),/);
  });
});

describe("new project --from a database", () => {
  beforeAll(() => {
    const database = new Database(join(home, "shop.db"));
    database.exec(`
      CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT, age INTEGER, city TEXT);
      CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, amount REAL, at DATE, returned INTEGER);
    `);
    const customer = database.prepare("INSERT INTO customers VALUES (?, ?, ?, ?)");
    const order = database.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?)");
    for (let i = 1; i <= 80; i++) {
      customer.run(i, `N ${i}`, i % 9 === 0 ? null : 20 + (i % 50), ["Bonn", "Ulm", "Jena"][i % 3]);
    }
    for (let i = 1; i <= 600; i++) {
      const who = 1 + Math.floor(random(i) * 80);
      const amount = Math.round(random(i + 3) * 2000) / 10;
      const returned = who % 3 === 1 && amount > 60 ? 1 : 0;
      order.run(i, who, amount, `2024-0${1 + (i % 9)}-1${i % 10}`, returned);
    }
    database.close();
  });

  it("joins what the foreign key of a SQLite file refers to", async () => {
    const { told, spec, metrics, ask } = await trained(
      "shop",
      ["--from", "shop.db"],
      ["trainer.with.epochs=25"],
    );
    expect(spec).toMatch(/FROM orders LEFT JOIN customers ON orders\.customer_id = customers\.customer_id/);
    expect(told.found.join("\n")).toContain('table "orders"');
    expect(told.decisions.join("\n")).toContain('"customer_id" is left out: is a key');
    const share = Number(/right for ([\d.]+) %/.exec(told.baseline)?.[1]) / 100;
    expect(metrics.accuracy).toBeGreaterThan(share + 0.08);
    expect((await ask()).code).toBe(0);
  });

  it("reads the table or query that is named, and says which tables there are", async () => {
    const wrong = await millrace(["new", "project", "none", "--from", "shop.db", "--table", "order"], home);
    expect(wrong.stderr).toMatch(/there is no table "order" \(did you mean "orders"\?\)/);
    const query = "SELECT order_id, amount, amount > 50 AS large FROM orders";
    const made = await millrace(
      ["new", "project", "large", "--from", "shop.db", "--query", query, "--target", "large"],
      home,
    );
    expect([made.code, made.stderr]).toEqual([0, ""]);
    expect(made.stdout).toContain('"large" is told');
    const check = await millrace(["check", "spec.jsonc"], join(home, "large"));
    expect([check.code, check.stderr]).toEqual([0, ""]);
  });
});

describe("new project --from a DuckDB file", () => {
  it("joins by its foreign keys too, and takes its dates", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(join(home, "rides.duckdb"));
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE stations (station INTEGER PRIMARY KEY, hill BOOLEAN);
      INSERT INTO stations SELECT i, i % 2 = 0 FROM range(20) t(i);
      CREATE TABLE rides (ride INTEGER PRIMARY KEY, station INTEGER REFERENCES stations(station), begun TIMESTAMP, minutes DOUBLE);
      INSERT INTO rides SELECT i, (i * 7) % 20, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR,
        CASE WHEN i % 50 = 0 THEN NULL ELSE 10 + 30 * (((i * 7) % 20) % 2) + i % 3 END FROM range(400) t(i)`);
    connection.closeSync();
    instance.closeSync();
    const { told, spec, metrics } = await trained(
      "rides",
      ["--from", "rides.duckdb", "--target", "minutes"],
      ["trainer.with.epochs=25"],
    );
    expect(spec).toMatch(/LEFT JOIN stations ON rides\.station = stations\.station/);
    expect(spec).toContain('"begun": "date"');
    expect(spec).toContain("WHERE minutes IS NOT NULL");
    const off = Number(/is ([\d.]+) off on average/.exec(told.baseline)?.[1]);
    expect(metrics.meanAbsoluteError).toBeLessThan(off / 2);
    const manifest = await readFile(join(home, "rides", "package.json"), "utf8");
    expect(manifest).toContain('"@duckdb/node-api"');
  });
});

describe("new project", () => {
  it("makes an example that trains where there is no data", async () => {
    const { metrics, ask } = await trained("first", []);
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect((await ask()).stdout.trim().split("\n")).toHaveLength(3);
  });

  it("needs to know what is to be written, and says so", async () => {
    const { code, stderr } = await millrace(["new"], home);
    expect([code, stderr]).toEqual([2, expect.stringContaining("See `millrace new --help`")]);
  });

  it("overwrites nothing", async () => {
    await put("mine/spec.jsonc", "{}");
    const { code, stderr } = await millrace(["new", "project", "mine"], home);
    expect(code).toBe(1);
    expect(stderr).toContain("nothing is overwritten, but mine already has spec.jsonc");
    expect(existsSync(join(home, "mine/README.md"))).toBe(false);
    const nameless = await millrace(["new", "project", ""], home);
    expect([nameless.code, nameless.stderr]).toEqual([
      1,
      expect.stringContaining('the folder must have a name, was ""'),
    ]);
  });

  it("shows commands that a shell takes as they stand, wherever the project is", async () => {
    const { stdout } = await millrace(["new", "project", "two words $(id)"], home);
    expect(stdout).toContain("  cd 'two words $(id)'\n");
  });

  it.each([
    [["--from", "nowhere.csv"], /nowhere\.csv/],
    [["--from", "flats.csv", "--target", "rents"], /there is no column "rents" \(did you mean "rent"\?\)/],
    [["--from", "flats.csv", "--target", "id"], /"id" cannot be told/],
    [["--target", "rent"], /--target is for data/],
    [["--from", "flats.csv", "--table", "a"], /--table and --query are for databases/],
  ])("refuses %j in words", async (words, message) => {
    const { code, stderr } = await millrace(["new", "project", "refused", ...words], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(existsSync(join(home, "refused"))).toBe(false);
  });
});
