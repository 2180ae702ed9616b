import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MillraceError } from "../errors.js";
import { fileFault, readWhole, writeWhole } from "./files.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a file is written whole or not at all", () => {
  it("of text, bytes or several pieces, in place of what was there", async () => {
    const path = join(folder, "a.json");
    await writeWhole(path, "one");
    await writeWhole(path, new Uint8Array([50]));
    expect(await readFile(path, "utf8")).toBe("2");
    await writeWhole(path, [Uint8Array.of(51), Uint8Array.of(52)]);
    expect((await readWhole(path)).toString()).toBe("34");
    expect(await readdir(folder)).toEqual(["a.json"]);
  });

  it("and is what it was where a step fails, with nothing left beside it", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    let seen = "";
    const before = async (): Promise<void> => {
      seen = `${await readFile(path, "utf8")}, ${await readFile(`${path}.partial`, "utf8")}`;
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    await expect(writeWhole(path, "new", { before })).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: `${path} cannot be written: the disk is full`,
      hint: expect.stringContaining("Make room") as unknown,
    });
    expect(seen).toBe("old, new");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it.skipIf(!existsSync("/dev/full"))("also on a disk that is full", async () => {
    const { symlink } = await import("node:fs/promises");
    await symlink("/dev/full", join(folder, "a.partial"));
    await expect(writeWhole(join(folder, "a"), "text")).rejects.toMatchObject({
      code: "FILE_FAILED",
      cause: { code: "ENOSPC" },
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("what the file system refuses", () => {
  it("is named with its path and what to do", async () => {
    const missing = join(folder, "none", "a");
    await expect(writeWhole(missing, "")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(readWhole(missing)).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: `${missing} cannot be read: it is not there`,
    });
    await mkdir(join(folder, "b"));
    await expect(readWhole(join(folder, "b"))).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: `${join(folder, "b")} cannot be read: it is a folder`,
    });
  });

  it("stays as it is where it was named already", () => {
    const own = new MillraceError("FILE_FORMAT", "no good");
    expect(fileFault(own, "x", "cannot be read")).toBe(own);
  });
});
