/** Specs in YAML, in several files, and with references to the environment, through every command. */
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, fixture, millrace as millraceAlone, newFolder } from "./support/cli.js";
import { millraceHere as millrace } from "./support/host.js";

const base = `# three clouds in the plane
plugins: [./softmax-trainer.mjs]
seed: 1
source:
  use: csv
  with: { path: "\${env:MILLRACE_TEST_DATA:-rows}.csv", label: kind, features: [x, y] }
split: { train: 0.75, validation: 0.25 }
loader: { batchSize: "\${env:MILLRACE_TEST_BATCH:-8}", shuffle: true }
model: { use: layers, with: { layers: [{ type: dense, units: { from: labels.count }, activation: softmax }] } }
trainer: { use: tfjs, with: { device: cpu, epochs: 3 } }
`;

async function project(): Promise<string> {
  const folder = await newFolder();
  await mkdir(join(folder, "shared"));
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 3},${(i * 7) % 5},${"abc"[i % 3]}`);
  for (const place of ["rows.csv", "hushhush.csv"])
    await writeFile(join(folder, place), ["x,y,kind", ...rows].join("\n"));
  await writeFile(
    join(folder, "shared", "softmax-trainer.mjs"),
    `export { default } from ${JSON.stringify(fixture("softmax-trainer.mjs"))};`,
  );
  await writeFile(join(folder, "shared", "base.yaml"), base);
  await writeFile(
    join(folder, "spec.json"),
    '{ "extends": "shared/base.yaml", "trainer": { "with": { "epochs": 2 } } }',
  );
  await writeFile(join(folder, "short.yml"), "trainer: { with: { epochs: 1 } }\n");
  return folder;
}

describe("a spec that another command writes", { skip: process.platform === "win32" }, () => {
  it.each(["check", "run --out piped"])(
    "is read once, from its pipe, and nothing is kept beside it: %s",
    async (command) => {
      const folder = await project();
      const spec = {
        seed: 1,
        source: { use: "csv", with: { path: join(folder, "rows.csv"), label: "kind" } },
        split: { train: 0.8, validation: 0.2 },
        transforms: [{ use: "standardize", with: { fields: "features" } }],
        loader: { batchSize: 8 },
        model: { use: "layers", with: { layers: [{ type: "dense", units: 3, activation: "softmax" }] } },
        trainer: { use: "tfjs", with: { device: "cpu", epochs: 1 } },
      };
      await writeFile(join(folder, "made.json"), JSON.stringify(spec));
      const { status, stdout, stderr } = spawnSync(
        "bash",
        ["-c", `exec "${process.execPath}" "${bin}" ${command} <(cat made.json)`],
        { cwd: folder, encoding: "utf8", timeout: 60_000 },
      );
      expect({ status, stderr, stdout }).toEqual({
        status: 0,
        stderr: "",
        stdout: expect.stringContaining("3 classes") as string,
      });
    },
  );
});

describe("a spec in several files", () => {
  it("trains, goes on, is measured and answers like one, wherever its files have gone", async () => {
    const folder = await project();
    const ran = await millrace(["run", "spec.json", "short.yml", "--out", "run", "--json"], folder);
    expect(ran).toMatchObject({ code: 0 });
    const spec = JSON.parse(await readFile(join(folder, "run", "spec.json"), "utf8")) as Record<
      string,
      object
    >;
    expect(spec).toMatchObject({
      plugins: ["./shared/softmax-trainer.mjs"],
      source: { with: { path: "${env:MILLRACE_TEST_DATA:-rows}.csv" } },
      loader: { batchSize: "${env:MILLRACE_TEST_BATCH:-8}" },
      trainer: { with: { epochs: 1 } },
    });
    expect(spec).not.toHaveProperty("extends");
    const record = JSON.parse(await readFile(join(folder, "run", "run.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(record.specs).toEqual([join(folder, "spec.json"), join(folder, "short.yml")]);
    await rm(join(folder, "short.yml"));
    await rm(join(folder, "shared", "base.yaml"));
    for (const words of [
      ["resume", "run", "--set", "trainer.with.epochs=2", "--out", "more"],
      ["evaluate", "run", "--split", "validation"],
    ])
      expect(await millrace(words, folder)).toMatchObject({ code: 0 });
  }, 120_000);

  it("has each fault placed in the file that says it", async () => {
    const folder = await project();
    await writeFile(
      join(folder, "wrong.yaml"),
      "loader:\n  shufle: yes\n  shuffle: yes\ntrainer: { with: { epoch: 1 } }\n",
    );
    await writeFile(join(folder, "shared", "base.yaml"), base.replace("label: kind", "lable: kind"));
    const { code, stderr } = await millrace(["check", "spec.json", "wrong.yaml", "--set", "seed=-1"], folder);
    expect(code).toBe(1);
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toBe("error: spec.json + wrong.yaml has 5 faults:");
    expect(lines.slice(1).map((line) => line.trim().replace(/ \(.*|, was.*/, ""))).toEqual([
      "--set seed seed: must be at least 0",
      "shared/base.yaml:6:56 source.with.lable: is not an option here",
      "wrong.yaml:2:3 loader.shufle: is not an option here",
      "wrong.yaml:3:12 loader.shuffle: must be a boolean",
      "wrong.yaml:4:20 trainer.with.epoch: is not an option here",
    ]);
    expect(stderr).toContain('was "yes" (did you mean true?)');
  });

  it("finds data beside the file that names it, in a run that goes on from elsewhere too", async () => {
    const folder = await project();
    await rename(join(folder, "rows.csv"), join(folder, "shared", "mine.csv"));
    await writeFile(
      join(folder, "shared", "base.yaml"),
      base.replace('"${env:MILLRACE_TEST_DATA:-rows}.csv"', "mine.csv"),
    );
    expect(await millrace(["run", "spec.json", "--out", "run"], folder)).toMatchObject({ code: 0 });
    const spec = JSON.parse(await readFile(join(folder, "run", "spec.json"), "utf8")) as {
      source: { with: object };
    };
    expect(spec.source.with).toMatchObject({ path: "shared/mine.csv" });
    expect(await millrace(["evaluate", join(folder, "run")], join(folder, "shared"))).toMatchObject({
      code: 0,
    });
  }, 120_000);

  it("says what is missing or leads in a circle, and no stack trace", async () => {
    const folder = await project();
    await writeFile(join(folder, "circle.yaml"), "extends: [shared/base.yaml, circle.yaml]\n");
    expect((await millrace(["check", "circle.yaml"], folder)).stderr).toBe(
      "error: circle.yaml has 1 fault:\n  circle.yaml:1:29 extends: must not lead back to itself: circle.yaml → circle.yaml\n",
    );
    const gone = await millrace(["check", "spec.json", "gone.yaml"], folder);
    expect(gone.stderr).toBe(
      "error: there is no spec at gone.yaml\nGive the path of a spec in JSON or YAML.\n",
    );
  });
});

describe("references to the environment", () => {
  it("follow the environment of each command, and leave no value in the run's folder", async () => {
    const folder = await project();
    const env = { MILLRACE_TEST_DATA: "hushhush", MILLRACE_TEST_BATCH: "20" };
    const ran = await millraceAlone(["run", "spec.json", "--out", "run", "--json"], folder, env);
    expect(ran).toMatchObject({ code: 0 });
    for (const file of await readdir(join(folder, "run"), { recursive: true })) {
      const text = await readFile(join(folder, "run", file), "utf8").catch(() => "");
      // What a source calls its samples is the source's own: this one names the file.
      const told = text.replaceAll(/hushhush\.csv:\d+/g, "");
      expect([file, told.includes("hushhush")]).toEqual([file, false]);
    }
    await rename(join(folder, "hushhush.csv"), join(folder, "moved.csv"));
    const lost = await millraceAlone(["evaluate", "run"], folder, env);
    expect(lost.stderr).toContain("run/spec.json:");
    expect(lost.stderr).toContain("source.with");
    expect(await millraceAlone(["evaluate", "run"], folder, { MILLRACE_TEST_DATA: "moved" })).toMatchObject({
      code: 0,
    });
  }, 120_000);

  it("are faults where the environment lacks them", async () => {
    const folder = await project();
    await writeFile(join(folder, "shared", "base.yaml"), base.replace(":-rows", "_NOT_THERE"));
    const { code, stderr } = await millrace(["check", "spec.json"], folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /shared\/base\.yaml:6:17 source\.with\.path: the variable MILLRACE_TEST_DATA_NOT_THERE of the environment must be set, was not\. Set it where the run is started/,
    );
  });
});
