import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { encoded, epoch, failureOf, type Folder, openSource, temporaryFolder } from "../../test/support.js";
import files, { type FilesSample } from "./files.js";

let folder: Folder;
const open = (options: object = {}) =>
  openSource<FilesSample>("files", { root: "data", ...options }, folder.baseUrl);
const pathsOf = async (options: object) => (await open(options)).column?.("path");

beforeAll(async () => {
  folder = await temporaryFolder();
  await folder.write("data/b/größe 100%#1?.bin", Uint8Array.of(1, 2, 255));
  await folder.write("data/b/c/deep.BIN", "");
  await folder.write("data/a [1].txt", "\ufeffÄpfel\n");
  await folder.write("data/.hidden", "h");
  await folder.write("data/skip/x.txt", "x");
  await folder.write("elsewhere/secret.txt", "s");
});

describe("files", () => {
  it("are those that fit the patterns, in the order of their code units, whatever their names", async () => {
    expect(await pathsOf({})).toEqual(["a [1].txt", "b/c/deep.BIN", "b/größe 100%#1?.bin", "skip/x.txt"]);
    expect(await pathsOf({ patterns: ["**/*.txt", "b/*"], ignore: "skip" })).toEqual([
      "a [1].txt",
      "b/größe 100%#1?.bin",
    ]);
    expect(await pathsOf({ patterns: "*", dot: true })).toEqual([".hidden", "a [1].txt"]);
    expect(await pathsOf({ patterns: "**/*.{bin,BIN}" })).toHaveLength(2);
  });

  it("are bytes, or texts without their mark", async () => {
    const bytes = await open();
    expect(await bytes.get(2, epoch)).toEqual({
      path: "b/größe 100%#1?.bin",
      bytes: Uint8Array.of(1, 2, 255),
    });
    expect(await bytes.get(1, epoch)).toEqual({ path: "b/c/deep.BIN", bytes: new Uint8Array() });
    expect(bytes.key?.(0)).toBe("a [1].txt");
    const texts = await open({ text: true });
    expect(await texts.get(0, epoch)).toEqual({ path: "a [1].txt", text: "Äpfel\n" });
    const error = await failureOf(() => texts.get(2, epoch));
    expect([error.code, error.where]).toEqual([
      "FILE_FORMAT",
      [join(folder.path, "data/b/größe 100%#1?.bin")],
    ]);
    expect(error.message).toContain("must be UTF-8");
  });

  it("have the class of their first folder, where that is asked for", async () => {
    const labelled = (options: object, labels?: readonly string[]) =>
      openSource<FilesSample>("files", { root: "data", label: "folder", ...options }, folder.baseUrl, labels);
    const dataset = await labelled({ patterns: "*/**" });
    expect(dataset.facts?.labels).toEqual(["b", "skip"]);
    expect(dataset.column?.("label")).toEqual(Int32Array.of(0, 0, 1));
    expect(await dataset.get(2, epoch)).toMatchObject({ path: "skip/x.txt", label: 1 });
    expect((await labelled({ patterns: "*/**" }, ["skip", "b"])).column?.("label")).toEqual(
      Int32Array.of(1, 1, 0),
    );
    const unknown = await failureOf(() => labelled({ patterns: "*/**" }, ["b", "c"]));
    expect(unknown.code).toBe("LABEL_UNKNOWN");
    const bare = await failureOf(() => labelled({}));
    expect([bare.code, bare.where]).toEqual(["FILE_FORMAT", [join(folder.path, "data/a [1].txt")]]);
  });

  it("that are gone since, roots that are not there, and patterns that nothing fits are named", async () => {
    const path = await folder.write("gone/1.txt", "1");
    const dataset = await open({ root: "gone" });
    await rm(path);
    const gone = await failureOf(() => dataset.get(0, epoch));
    expect([gone.code, gone.message]).toEqual(["FILE_NOT_FOUND", expect.stringContaining(path)]);
    expect(await failureOf(() => open({ root: "nowhere" }))).toMatchObject({ code: "FILE_NOT_FOUND" });
    const none = await failureOf(() => open({ patterns: "*.wav" }));
    expect([none.code, none.message]).toEqual(["FILE_NOT_FOUND", expect.stringContaining("none does in")]);
  });

  it("come through links, but not from outside of the root, unless that is allowed", async () => {
    await folder.write("links/a/1.txt", "1");
    await symlink(join(folder.path, "links/a"), join(folder.path, "links/b"));
    await symlink(join(folder.path, "links"), join(folder.path, "links/a/up"));
    const paths = await pathsOf({ root: "links" });
    expect(paths).toEqual(expect.arrayContaining(["a/1.txt", "b/1.txt"]));
    for (const [link, target] of [
      ["folder", "elsewhere"],
      ["file.txt", "elsewhere/secret.txt"],
    ] as const) {
      await mkdir(join(folder.path, `out-${link}`));
      await folder.write(`out-${link}/own.txt`, "1");
      const path = join(folder.path, `out-${link}`, link);
      await symlink(join(folder.path, target), path);
      const error = await failureOf(() => open({ root: `out-${link}` }));
      expect([error.code, error.where]).toEqual(["FILE_OUTSIDE", [path]]);
      expect(await pathsOf({ root: `out-${link}`, allowOutside: true })).toHaveLength(2);
      expect(await pathsOf({ root: `out-${link}`, patterns: "own.txt" })).toEqual(["own.txt"]);
    }
  });

  it("are among them where a link leads to nothing, as a fault of that sample", async () => {
    await folder.write("broken/1.txt", "one");
    await symlink("gone.txt", join(folder.path, "broken/2.txt"));
    await symlink("round.bin", join(folder.path, "broken/round.bin"));
    const dataset = await open({ root: "broken", patterns: "*.txt" });
    expect(dataset.length).toBe(2);
    expect(await dataset.get(0, { epoch: 0 })).toMatchObject({ path: "1.txt" });
    const error = await failureOf(async () => dataset.get(1, { epoch: 0 }));
    expect(error.code).toBe("FILE_NOT_FOUND");
    expect(error.describe()).toContain("broken/2.txt");
  });

  it("may be asked about by a path, or by what they hold", async () => {
    const inputs = await files.inputs?.(files.options.parse({ text: true }), {
      baseUrl: folder.baseUrl,
      seed: 1,
      facts: (await open({ text: true })).facts ?? {},
    });
    expect(inputs?.endings).toEqual([".bin", ".txt"]);
    const path = join(folder.path, "data/a [1].txt");
    for await (const each of inputs?.read(path) ?? [])
      expect(each).toEqual({ name: path, sample: { path, text: "Äpfel\n" } });
    const own = join(folder.path, "data");
    expect(inputs?.fromValues?.({ path: "a [1].txt" }, own)).toEqual({ path: "a [1].txt", text: "Äpfel\n" });
    expect(inputs?.fromValues?.({ text: "x" }, own)).toEqual({ path: "", text: "x" });
    expect(() => inputs?.fromValues?.({ path: "gone.txt" }, own)).toThrow(/gone\.txt cannot be read/);
    expect(() => inputs?.fromValues?.({ text: 7 }, own)).toThrow(/its content as "text", has 7/);
    const bytes = await files.inputs?.(files.options.parse({}), {
      baseUrl: folder.baseUrl,
      seed: 1,
      facts: {},
    });
    const content = Buffer.from(await encoded("png", 2, 2));
    expect(bytes?.fromValues?.({ bytes: content.toString("base64") }, own)).toEqual({
      path: "",
      bytes: Uint8Array.from(content),
    });
  });
});
