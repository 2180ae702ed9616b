/** Every numbered case of the reference is a test here, or says why it is not. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { referenceCases, resumeCases } from "./cases.js";

const folder = fileURLToPath(new URL("./", import.meta.url));

/** `class.name` of every test whose title begins with one of PyTorch's names; the class is the nearest `describe` above. */
function titles(): { readonly all: ReadonlySet<string>; readonly names: ReadonlySet<string> } {
  const all = new Set<string>();
  const names = new Set<string>();
  const marks =
    /describe\.each\(classes\)\("(?<run>[^"]*)"|describe\("(?<owner>Test\w+)|["`](?<name>test_\w+)/g;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".test.ts"))) {
    let owners: readonly string[] = [];
    for (const { groups = {} } of readFileSync(folder + file, "utf8").matchAll(marks)) {
      const { run, owner, name } = groups;
      if (run !== undefined)
        owners = [/^Test\w+/.exec(run)?.[0] ?? "TestDataLoader", "TestDataLoaderPersistentWorkers"];
      else if (owner !== undefined) owners = [owner];
      else for (const each of owners) all.add(`${each}.${name}`);
      if (name !== undefined) names.add(name);
    }
  }
  return { all, names };
}

/** `class.name` of the cases that left-out.md gives a reason for. */
function leftOut(): readonly string[] {
  const text = readFileSync(`${folder}left-out.md`, "utf8");
  return [...text.matchAll(/^- `(Test\w+\.test_\w+)`: \S/gm)].map(([, name]) => name);
}

const { all, names } = titles();
const without = leftOut();

describe("the reference's cases", () => {
  it("are numbered from 1 without a gap", () => {
    expect(referenceCases.map(({ number }) => number)).toEqual(referenceCases.map((_, i) => i + 1));
    expect(referenceCases.length).toBeGreaterThanOrEqual(79);
  });

  it.each(referenceCases)(
    "$number, $class $names: is a test, or is left out for a reason",
    ({ class: owner, names: own }) => {
      for (const name of own) {
        const found = [all.has(`${owner}.${name}`), without.includes(`${owner}.${name}`)];
        expect(found.filter(Boolean), `${owner}.${name} in tests and in left-out.md`).toHaveLength(1);
      }
    },
  );

  it.each(resumeCases)("torchdata's %s: is a test", (name) => {
    expect(names).toContain(name);
  });

  it("leaves out none that was starred, and nothing that is no case", () => {
    const cases = new Map<string, boolean>(
      referenceCases.flatMap(({ star, class: owner, names: own }) =>
        own.map((name) => [`${owner}.${name}`, star] as const),
      ),
    );
    expect(without.map((name) => cases.get(name))).toEqual(without.map(() => false));
  });
});
