/** `test-plugin`: the contract of a kind, held against any plugin, with a verdict for each rule. */
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

const sound = `
import { defineSource, checkIndex } from "@millrace/core";
import { z } from "zod";
export default defineSource({
  name: "squares",
  summary: "squares of whole numbers",
  options: z.strictObject({ count: z.int().min(1).describe("how many") }),
  create: ({ count }) => ({
    length: count,
    fields: { square: { type: "float32" } },
    get: (index) => ({ square: checkIndex(index, count) ** 2 }),
  }),
});
`;

const faulty = `
import { defineTransform, defineSource } from "@millrace/core";
import { z } from "zod";
let calls = 0;
export default [
  defineTransform({
    name: "forgetful",
    summary: "counts how often it was called",
    options: z.strictObject({}),
    create: () => (sample) => ({ ...sample, calls: Float32Array.of(calls++) }),
  }),
  defineSource({
    name: "needy",
    summary: "needs options",
    options: z.strictObject({ path: z.string().describe("a file") }),
    create: () => ({ length: 0, get: () => ({}) }),
  }),
];
`;

let home: string;
beforeAll(async () => {
  home = await newFolder();
  await symlink(modules, join(home, "node_modules"), "dir");
  await writeFile(join(home, "squares.mjs"), sound);
  await writeFile(join(home, "faulty.mjs"), faulty);
  await mkdir(join(home, "package/dist"), { recursive: true });
  await writeFile(
    join(home, "package/package.json"),
    '{ "type": "module", "exports": { ".": { "default": "./dist/x.js" } } }',
  );
  await writeFile(join(home, "package/dist/x.js"), sound);
});

interface Report {
  readonly holds: boolean;
  readonly failed: number;
  readonly plugins: readonly {
    readonly name: string;
    readonly on?: string;
    readonly untried?: string;
    readonly rules: readonly {
      readonly rule: string;
      readonly holds: boolean;
      readonly why: readonly string[];
    }[];
  }[];
}

const report = async (...words: string[]): Promise<Report & { code: number | null }> => {
  const { code, stdout } = await millrace(["test-plugin", ...words, "--json"], home);
  return { code, ...(JSON.parse(stdout) as Report) };
};

describe("test-plugin", () => {
  it("says of each rule that it holds, of a module or a package's folder", async () => {
    for (const path of ["./squares.mjs", "package"]) {
      const told = await millrace(["test-plugin", path, "--with", '{"count": 5}'], home);
      expect([told.code, told.stderr]).toEqual([0, ""]);
      expect(told.stdout).toMatch(/^source squares\n( {2}holds {2}.*\n)+\d+ rules hold\n$/);
    }
  });

  it("says which rule does not hold and why, and exits with 1", async () => {
    const told = await report("./faulty.mjs");
    expect(told.code).toBe(1);
    const [forgetful, needy] = told.plugins;
    const broken = forgetful.rules.filter(({ holds }) => !holds);
    expect(broken.map(({ rule }) => rule).join()).toMatch(/same result for the same sample and address/);
    expect(broken[0].why.join()).toContain("must equal");
    expect(needy.untried).toContain("--name needy --with");
  });

  it("tries the plugins that come with Millrace on samples that fit them", async () => {
    const words = await report("@millrace/collate-text", "--name", "words");
    expect(words).toMatchObject({ code: 0, plugins: [{ on: "text" }] });
    const pad = await report("@millrace/source-fs", "--name", "random-grayscale");
    expect(pad).toMatchObject({ code: 0, plugins: [{ on: "image" }] });
    const scaled = await report(
      "@millrace/core/builtin",
      "--name",
      "clip",
      "--with",
      '{"fields": "age", "max": 3}',
      "--sample",
      '{"age": 4}',
    );
    expect(scaled).toMatchObject({ code: 0, plugins: [{ on: "the samples given" }] });
    const layers = await report(
      "@millrace/trainer",
      "--name",
      "layers",
      "--with",
      '{"layers": [{"type": "dense", "units": 2}]}',
    );
    expect(layers).toMatchObject({ code: 0 });
    const order = await report("@millrace/core/builtin", "--name", "random");
    expect(order).toMatchObject({ code: 0 });
  });

  it.each([
    [["nowhere.mjs"], /was not found/],
    [["./squares.mjs"], /cannot be tried with these options\n {2}count: /],
    [["./squares.mjs", "--with", "{count: 5}"], /--with must be a JSON object/],
    [["./squares.mjs", "--name", "square"], /no plugin "square" \(did you mean "squares"\?\)/],
  ])("refuses %j in words", async (words, message) => {
    const { code, stderr } = await millrace(["test-plugin", ...words], home);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});

describe("the suites of @millrace/core/testing", () => {
  it("run in Node's own runner as well, which fails where a rule does", async () => {
    const file = (path: string, plugin: string, more: string) => `
      import { testSource, testTransform } from "@millrace/core/testing";
      import plugin from "${path}";
      ${plugin}({ plugin: [plugin].flat()[0], options: {}, ${more} });
    `;
    const good = file("./squares.mjs", "testSource", "options: { count: 4 }, length: 4");
    await writeFile(join(home, "good.test.mjs"), good);
    await writeFile(
      join(home, "bad.test.mjs"),
      file("./faulty.mjs", "testTransform", "sample: () => ({ a: 1 })"),
    );
    const { VITEST: _v, NODE_TEST_CONTEXT: _n, ...env } = process.env;
    const node = (name: string) =>
      promisify(execFile)(process.execPath, ["--test", name], { cwd: home, env });
    expect((await node("good.test.mjs")).stdout).toMatch(/# fail 0|ℹ fail 0/);
    await expect(node("bad.test.mjs")).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining("same sample") as string,
    });
  });
});

describe("millrace test-plugin with models in code", () => {
  const model = (name: string, build: string): string => `
import { defineModel } from "@millrace/core";
import { z } from "zod";
export default defineModel({
  name: "${name}",
  summary: "a model",
  options: z.strictObject({}),
  create: () => ({ engine: "tfjs", build: ${build} }),
});
`;
  const dense = `(tf, { shape: [size] }, seed) => ({
    variables: { w: tf.randomNormal([size, 2], 0, 1, "float32", seed) },
    forward: (x, { w }) => tf.matMul(x, w),
  })`;

  it.each([
    ["nothing", "() => undefined", "build must return a LayersModel or { variables, forward }, did not"],
    [
      "a build that fails",
      "() => { throw new Error('no such layer'); }",
      "build failed for inputs of shape [4]: no such layer",
    ],
    [
      "a forward that fails",
      "(tf) => ({ variables: { w: tf.zeros([1]) }, forward: () => { throw new Error('too narrow'); } })",
      "forward failed for zeros of shape [1, 4]: too narrow",
    ],
    [
      "a promise that is rejected",
      "(tf) => ({ variables: { w: tf.zeros([1]) }, forward: async () => { throw new Error('late'); } })",
      "forward must return a tensor, was an instance of Promise",
    ],
  ])("says of %s why it cannot be tried", async (_, build, told) => {
    const file = `${told.length}.mjs`;
    await writeFile(join(home, file), model("tried", build));
    const { code, stderr } = await millrace(["test-plugin", `./${file}`], home);
    expect({ code, told: stderr.split("\n")[0] }).toEqual({ code: 1, told: `error: ${told}` });
    expect(stderr).not.toContain("    at ");
  });

  it("tries it on a sample that is given", async () => {
    await writeFile(join(home, "dense.mjs"), model("dense-in-code", dense));
    const { code, stdout } = await millrace(
      ["test-plugin", "./dense.mjs", "--sample", '{"x": [1, 2, 3], "label": 0}'],
      home,
    );
    expect(stdout).toContain("inputs of shape [3] and two labels");
    expect({ code, last: stdout.trim().split("\n").at(-1) }).toEqual({ code: 0, last: "9 rules hold" });
  });
});
