import { type Dataset, defaultCollate, heapAllocator } from "@millrace/core";
import { testSource } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { baseUrl, many, open, useDatabases } from "../test/databases.js";
import plugins, { type SqlSample } from "./index.js";

const [plugin] = plugins;
const context = { epoch: 0 };

useDatabases((db) => {
  db.exec(`CREATE TABLE flowers (id INTEGER PRIMARY KEY, length REAL, width REAL, petals INT,
    species TEXT, photo BLOB, seen DATETIME)`);
  const insert = db.prepare("INSERT INTO flowers VALUES (?, ?, ?, ?, ?, ?, ?)");
  const species = ["setosa", "virginica", "ärmlich"];
  for (let i = 0; i < 30; i++) {
    // Written backwards: the order of the samples is that of the keys.
    insert.run(10 * (30 - i), i / 2, i / 4, i % 7, species[i % 3], Buffer.from([i]), "2020-01-01");
  }
  db.exec("CREATE VIEW wide AS SELECT id AS number, length, species FROM flowers WHERE width > 1");
  db.exec("CREATE TABLE grades (name TEXT PRIMARY KEY, points REAL, grade INT) WITHOUT ROWID");
  db.exec(`INSERT INTO grades VALUES ('zoë', 1, 10), ('', 2, 9), ('a''b "c"', 3, 2), ('A', 4, 100)`);
  db.exec(`CREATE TABLE "a ""b" ("x y" REAL, "select" TEXT, "key" INT)`);
  db.exec(`INSERT INTO "a ""b" VALUES (1.5, 'one', 3), (2.5, 'two', 1)`);
  db.exec(`CREATE TABLE prices (id INTEGER PRIMARY KEY, x REAL, price REAL, stock INT, viewers BIGINT, tax DECIMAL(5, 2));
    INSERT INTO prices VALUES (1, 1, 3e9, 1, 3000000000, 7), (2, 2, 10, 2, 2, 7), (3, 3, 10.5, 3, 3, 7.5), (4, 4, 11, 4, 4, 7)`);
  db.exec(`CREATE TABLE judged (wine INT, judge TEXT, score REAL, PRIMARY KEY (judge, wine)) WITHOUT ROWID`);
  for (const [wine, judge] of [
    [2n, "zoë"],
    [9_007_199_254_740_993n, "zoë"],
    [9_007_199_254_740_992n, "a'b"],
    [-1n, "zoë"],
  ] as const)
    db.prepare("INSERT INTO judged VALUES (?, ?, ?)").run(wine, judge, Number(wine % 100n));
  db.exec("CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('a'), ('b')");
  db.exec("CREATE TABLE taken (x REAL, label TEXT); INSERT INTO taken VALUES (1, 'a')");
  db.exec("CREATE TABLE gaps (x REAL, note TEXT); INSERT INTO gaps VALUES (1, NULL), (2, 'b')");
  db.exec("CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INT, kind INT, small INT)");
  for (const [i, n] of [9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 16_777_217n, 0n].entries()) {
    db.prepare("INSERT INTO numbers VALUES (?, ?, ?, ?)").run(i, n, n, i % 2);
  }
  db.exec("CREATE TABLE huge (id INTEGER PRIMARY KEY, x REAL, n INT)");
  for (const id of [9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 7n, 9_007_199_254_740_992n]) {
    db.prepare("INSERT INTO huge VALUES (?, ?, ?)").run(id, Number(id % 100n), id);
  }
});

testSource({
  plugin,
  baseUrl,
  options: { path: "tables.db", table: "flowers", label: "species", columns: ["photo", "seen"] },
  length: 30,
  facts: { labels: ["setosa", "virginica", "ärmlich"] },
  columns: ["label", "species", "length", "id", "seen"],
  invalidOptions: [
    { name: "no table", options: { path: "tables.db" }, message: /table/ },
    { name: "a missing file", options: { path: "table.db", table: "t" }, message: /was "table.db"/ },
    { name: "a folder", options: { path: ".", table: "t" }, message: /was a folder/ },
    {
      name: "an unknown table",
      options: { path: "tables.db", table: "flower" },
      message: /did you mean "flowers"/,
    },
    {
      name: "an unknown column",
      options: { path: "tables.db", table: "flowers", features: ["lenght"] },
      message: /`features` names, was "lenght" \(did you mean "length"\?\)/,
    },
    {
      name: "a table without a number",
      options: { path: "tables.db", table: "words" },
      message: /Name columns in `features` or `columns`; there are: word/,
    },
    {
      name: "a column under a field's name",
      options: { path: "tables.db", table: "taken", columns: ["label"] },
      message: /must leave the field "label" to the source/,
    },
  ],
});

testSource({
  plugin,
  baseUrl,
  options: { path: "tables.db", table: "grades", label: "points", labelType: "number" },
  length: 4,
  columns: ["label", "name", "grade"],
});

testSource({
  plugin,
  baseUrl,
  options: { path: "tables.db", table: "judged", features: ["score"], columns: ["judge"] },
  length: 4,
  columns: ["judge", "score"],
});

testSource({
  plugin,
  baseUrl,
  options: { path: "tables.db", table: "wide", key: "number", label: "species" },
  length: 25,
});

describe("a table", () => {
  it("yields the numeric columns as features in the order of the table, and the rows in that of the keys", async () => {
    const dataset = await open({ table: "flowers", label: "species" });
    expect(dataset.get(0, context)).toEqual({ features: Float32Array.of(14.5, 7.25, 1), label: 2 });
    expect(dataset.key?.(0)).toBe("flowers id=10");
    expect((await dataset.column?.("id"))?.[29]).toBe(300);
  });

  it("yields exactly the columns asked for, in their order", async () => {
    const dataset = await open({
      table: "flowers",
      features: ["petals", "length"],
      columns: ["seen", "photo"],
    });
    expect(dataset.get(1, context)).toEqual({
      features: Float32Array.of(0, 14),
      seen: "2020-01-01",
      photo: Uint8Array.of(28),
    });
    const texts = await open({ table: "words", features: [], columns: ["word"] });
    expect(texts.get(1, context)).toEqual({ word: "b" });
  });

  it("sorts classes that are numbers as numbers", async () => {
    const dataset = await open({ table: "grades", label: "grade" });
    expect(dataset.facts).toMatchObject({ labels: ["2", "9", "10", "100"] });
  });

  it("follows the classes of the training source, and refuses one that is not among them", async () => {
    const labels = ["ärmlich", "rosa", "virginica", "setosa"];
    const dataset = await open({ table: "flowers", label: "species" }, labels);
    expect(dataset.facts).toMatchObject({ labels });
    expect((dataset.get(0, context) as SqlSample).label).toBe(0);
    await expect(open({ table: "flowers", label: "species" }, labels.slice(1))).rejects.toMatchObject({
      code: "LABEL_UNKNOWN",
      message: expect.stringContaining('was "ärmlich"') as string,
      where: expect.arrayContaining(['column "species" of table "flowers"']) as unknown,
    });
  });

  it("may have any name, and columns of any name", async () => {
    const dataset = await open({ table: 'a "b', label: "select" });
    expect(dataset.get(1, context)).toEqual({ features: Float32Array.of(2.5, 1), label: 1 });
    expect(dataset.column?.("x y")).toEqual(Float64Array.of(1.5, 2.5));
    const keyed = await open({ table: 'a "b', key: "key", columns: ["select"] });
    expect(keyed.getMany?.([1, 0], context)).toEqual([
      { features: Float32Array.of(1.5), select: "one" },
      { features: Float32Array.of(2.5), select: "two" },
    ]);
    expect(keyed.key?.(0)).toBe('a "b key=1');
  });

  it("may be keyed by texts, empty and quoted ones included", async () => {
    const dataset = await open({ table: "grades" });
    const keys = Array.from({ length: 4 }, (_, index) => dataset.key?.(index));
    expect(keys).toEqual([
      'grades name=""',
      'grades name="A"',
      String.raw`grades name="a'b \"c\""`,
      'grades name="zoë"',
    ]);
    const points = many(dataset, [3, 2, 1, 0]).map((sample) => sample.features?.[0]);
    expect(points).toEqual([1, 3, 4, 2]);
  });

  it("may be keyed by several columns, in the order of the primary key or the one asked for", async () => {
    const own = await open({ table: "judged", features: ["score"] });
    expect(Array.from({ length: 4 }, (_, index) => own.key?.(index))).toEqual([
      `judged judge="a'b" wine=9007199254740992`,
      'judged judge="zoë" wine=-1',
      'judged judge="zoë" wine=2',
      'judged judge="zoë" wine=9007199254740993',
    ]);
    const asked = await open({ table: "judged", key: ["wine", "judge"], features: ["score"] });
    expect(asked.key?.(0)).toBe('judged wine=-1 judge="zoë"');
    const scores = many(asked, [3, 0, 2, 1]).map((sample) => sample.features?.[0]);
    expect(scores).toEqual([93, -1, 92, 2]);
    expect(asked.column?.("score")).toEqual(Float64Array.of(-1, 2, 92, 93));
  });

  it("may be keyed by integers beyond 2^53, none of which is rounded", async () => {
    const dataset = await open({ table: "huge", features: ["x"] });
    expect(Array.from({ length: 4 }, (_, index) => dataset.key?.(index))).toEqual([
      "huge id=-9223372036854775808",
      "huge id=7",
      "huge id=9007199254740992",
      "huge id=9007199254740993",
    ]);
    const samples = dataset.getMany?.([3, 2, 1, 0], context);
    expect(samples).toEqual([93, 92, 7, -8].map((x) => ({ features: Float32Array.of(x) })));
    expect(dataset.get(3, context)).toEqual({ features: Float32Array.of(93) });
    expect(dataset.column?.("x")).toEqual(Float64Array.of(-8, 7, 92, 93));
  });
});

describe("a column of JSON", () => {
  const columns = { grade: "json" };

  it("has what its texts and numbers state", async () => {
    const dataset = await open({ table: "grades", features: [], columns });
    expect(dataset.get(0, context)).toEqual({ grade: 9 });
  });

  it("names the row whose text is none", async () => {
    const dataset = await open({ table: "flowers", features: [], columns: { species: "json" } });
    expect(() => dataset.get(0, context)).toThrow(
      /column "species" of table "flowers" must hold JSON, was "[^"]*" at id=10/,
    );
  });
});

describe("a label among typed columns", () => {
  const label = { from: "species", type: "class" };

  it("is what the option makes of the column: classes, facts, a column, and classes that are known already", async () => {
    const stated = await open({ table: "flowers", features: ["width"], columns: { label } });
    const named = await open({ table: "flowers", features: ["width"], label: "species" });
    expect(stated.facts).toEqual(named.facts);
    const labels = (dataset: Dataset) =>
      Array.from({ length: 9 }, (_, i) => (dataset.get(i, context) as { label: number }).label);
    expect(labels(stated)).toEqual(labels(named));
    const columnOf = async (dataset: Dataset) => Array.from((await dataset.column?.("label")) ?? []);
    expect(await columnOf(stated)).toEqual(await columnOf(named));
    const known = [...(stated.facts?.labels ?? [])].reverse();
    const followed = await open({ table: "flowers", columns: { label } }, known);
    expect(followed.facts?.labels).toEqual(known);
    expect(labels(followed)).toEqual(labels(stated).map((own) => known.length - 1 - own));
  });

  it("is not also an option, and other classes are facts too", async () => {
    const columns = { label, kind: label };
    await expect(open({ table: "flowers", label: "species", columns })).rejects.toMatchObject({
      code: "OPTION_INVALID",
      path: ["columns", "label"],
    });
    const { facts } = await open({ table: "flowers", columns });
    expect(facts?.categories).toEqual({ kind: facts?.labels });
  });
});

describe("a batch", () => {
  const batchOf = async (options: object, indices: readonly number[]) => {
    const dataset = await open(options);
    const samples = indices.map((index) => dataset.get(index, context));
    const batch: unknown = await dataset.getBatch?.(indices, context, heapAllocator);
    expect(batch).toEqual(defaultCollate(samples, heapAllocator, dataset.fields));
    expect(many(dataset, indices)).toEqual(samples);
    return batch as object;
  };

  it.each([
    ["features alone", { table: "flowers" }],
    ["features and classes", { table: "flowers", label: "species" }],
    ["features and numbers", { table: "flowers", label: "width", labelType: "number" }],
    ["texts alone", { table: "words", features: [], columns: ["word"] }],
    ["texts and bytes", { table: "flowers", label: "species", columns: ["seen", "photo", "petals"] }],
    ["integers beyond 2^53 as features", { table: "numbers", features: ["n", "small"], label: "small" }],
    ["integers beyond 2^53 as classes", { table: "numbers", features: ["n"], label: "kind" }],
  ])(
    "of %s is what collating the samples gives, in their order, each as often as asked for",
    async (_, options) => {
      const last = options.table === "flowers" ? 29 : options.table === "numbers" ? 3 : 1;
      expect(Object.keys(await batchOf(options, [last, 0, 1, 0, last]))).not.toEqual([]);
      // Without a row twice they are read in the order of their keys.
      expect(Object.keys(await batchOf(options, [last, 0]))).not.toEqual([]);
    },
  );

  it("is written where the allocator says", async () => {
    const dataset = await open({ table: "flowers", label: "species" });
    const asked: string[] = [];
    const shared = new SharedArrayBuffer(64);
    await dataset.getBatch?.([2, 1], context, {
      allocate(dtype, shape) {
        asked.push(`${dtype} ${shape.join(" ")}`);
        const data = dtype === "float32" ? new Float32Array(shared, 0, 6) : new Int32Array(shared, 32, 2);
        return { dtype, shape, data };
      },
    });
    expect(asked).toEqual(["float32 2 3", "int32 2"]);
    expect(new Float32Array(shared, 0, 6)).toEqual(Float32Array.of(13.5, 6.75, 6, 14, 7, 0));
    expect(new Int32Array(shared, 32, 2)).toEqual(Int32Array.of(0, 1));
  });

  it("has the element types of the declared columns, whatever values it holds", async () => {
    const typesOf = async (options: object, indices: readonly number[]) => {
      const dataset = await open({ table: "prices", ...options });
      const batch = (await dataset.getBatch?.(indices, context, heapAllocator)) as Record<
        string,
        { dtype: string }
      >;
      return Object.fromEntries(Object.entries(batch).map(([field, { dtype }]) => [field, dtype]));
    };
    for (const indices of [
      [1, 3],
      [1, 2],
      [0, 1],
    ]) {
      const options = { label: "price", labelType: "number", columns: ["stock", "viewers", "tax"] };
      expect(await typesOf(options, indices)).toEqual({
        features: "float32",
        label: "float32",
        stock: "int32",
        viewers: "float64",
        tax: "float32",
      });
      expect(await typesOf({ label: "viewers", labelType: "number" }, indices)).toMatchObject({
        label: "float64",
      });
      expect(await typesOf({ label: "stock" }, indices)).toMatchObject({ label: "int32" });
    }
  });

  it("of nothing is the error that collating nothing is", async () => {
    const dataset = await open({ table: "flowers" });
    expect(() => dataset.getBatch?.([], context, heapAllocator)).toThrow(
      expect.objectContaining({ code: "COLLATE_EMPTY" }),
    );
  });

  it("with a NULL that passes through has null among the texts, as collating has it", async () => {
    const dataset = await open({ table: "gaps", columns: ["note"] });
    const samples = [1, 0].map((index) => dataset.get(index, context));
    const batch = dataset.getBatch?.([1, 0], context, heapAllocator);
    expect(batch).toEqual(defaultCollate(samples, heapAllocator, dataset.fields));
    expect(batch).toMatchObject({ note: expect.arrayContaining([null]) as unknown });
  });
});
