/** The laws of what a source is told when it is opened: classes that are known, and what another opening shares. */
import type { Dataset } from "../contracts/dataset.js";
import { type IterableDataset, isStreamLike } from "../contracts/iterable.js";
import { MillraceError } from "../errors.js";
import { sortLabels } from "../kit/labels.js";
import type { SourceContext } from "../plugin/contexts.js";
import { thrownBy } from "./plugin.js";
import { indicesOf, read, readAll } from "./read.js";
import type { SourceSuite } from "./source.js";
import { expect } from "./expect.js";
import { it } from "./harness.js";

type Source = Dataset | IterableDataset;
type Open = (given?: Pick<SourceContext, "facts" | "shared">) => Promise<Source>;

interface Labelled {
  readonly label: number;
}

export function testLabels(suite: SourceSuite, open: Open): void {
  const { labels: kind = "names" } = suite;

  it(`has its classes in order${kind === "given" ? ", which its options say" : ""}`, async () => {
    const labels = (await open()).facts?.labels ?? [];
    expect(labels).toEqual(kind === "given" ? labels : sortLabels(labels));
  });

  it("follows the classes that are known already, and refuses one that is not among them", async () => {
    const dataset = await open();
    const labels = dataset.facts?.labels;
    if (labels === undefined || dataset.length === 0) return;
    const samples = (await readAll(dataset)) as Labelled[];
    const known = [...labels, "a class that is not there"].reverse();
    const following = await open({ facts: { labels: known } });
    expect(following.facts?.labels).toEqual(known);
    const found = ((await readAll(following)) as Labelled[]).map(({ label }) => label);
    const own = samples.map(({ label }) => (kind === "indices" ? label : labels[label]));
    expect(found.map((label) => (kind === "indices" ? label : known[label]))).toEqual(own);
    const last = Math.max(...samples.map(({ label }) => label));
    const fewer = labels.filter((_, index) => index !== last);
    const refused = await thrownBy(async () => readAll(await open({ facts: { labels: fewer } })));
    expect(refused).toBeInstanceOf(MillraceError);
    expect(refused).toMatchObject({ code: "LABEL_UNKNOWN" });
  });
}

export function testCategories(open: Open): void {
  it("names the classes of other fields by index in facts.categories, and follows those that are known", async () => {
    const dataset = await open();
    const categories = Object.entries(dataset.facts?.categories ?? {});
    if (categories.length === 0) return;
    const extra = "a class that is not there";
    const known = categories.map(([field, names]) => [field, [...names, extra].reverse()] as const);
    const following = await open({ facts: { ...dataset.facts, categories: Object.fromEntries(known) } });
    expect(Object.entries(following.facts?.categories ?? {})).toEqual(known);
    const own = (await readAll(dataset)) as Readonly<Record<string, number | null>>[];
    const found = (await readAll(following)) as typeof own;
    for (const [i, [field, names]] of categories.entries()) {
      const nameIn = (of: readonly string[], sample: (typeof own)[number]) => {
        const code = sample[field];
        return code === null ? null : (of[code] ?? `no class ${code}`);
      };
      const named = own.map((sample) => nameIn(names, sample));
      expect(found.map((sample) => nameIn(known[i][1], sample))).toEqual(named);
      expect(named.filter((name) => name !== null && !names.includes(name))).toEqual([]);
      const used = named.find((name) => name !== null);
      if (used === undefined) continue;
      const fewer = { ...dataset.facts?.categories, [field]: names.filter((name) => name !== used) };
      const refused = await thrownBy(async () =>
        readAll(await open({ facts: { ...dataset.facts, categories: fewer } })),
      );
      expect(refused).toMatchObject({ code: "LABEL_UNKNOWN" });
    }
  });
}

export function testShared(suite: SourceSuite, open: Open): void {
  const second = async (first: Source): Promise<Source> => {
    // As it goes to a worker: plain data, and memory that both threads see.
    const shared: unknown = structuredClone(first.share?.());
    return open({ facts: first.facts, shared });
  };

  it("gives the same samples under the same indices in every thread", async () => {
    const first = await open();
    const other = await second(first);
    expect(other.length).toBe(first.length);
    expect(await readAll(other)).toEqual(await readAll(first));
    if (isStreamLike(first) || isStreamLike(other)) return;
    for (const index of indicesOf(first)) expect(other.key?.(index)).toBe(first.key?.(index));
  });

  const { change } = suite;
  if (change === undefined) return;
  it("also when what is stored has changed meanwhile, or names what is gone", async () => {
    const first = await open();
    const shared: unknown = structuredClone(first.share?.());
    await change();
    const opened = await thrownOr(() => open({ facts: first.facts, shared }));
    if (opened instanceof MillraceError) return;
    expect(opened).not.toBeInstanceOf(Error);
    const other = opened as Dataset;
    // A stream has what is there when its turn comes.
    if (isStreamLike(first)) return;
    expect(other.length).toBe(first.length);
    for (const index of indicesOf(first)) {
      const [mine, theirs] = [
        await thrownOr(() => read(first, index)),
        await thrownOr(() => read(other, index)),
      ];
      const faults = [mine, theirs].filter((each) => each instanceof Error);
      expect(faults.filter((each) => !(each instanceof MillraceError))).toEqual([]);
      // Where one names what is gone, there is nothing to compare.
      expect(faults.length > 0 ? mine : theirs).toEqual(mine);
    }
  });
}

async function thrownOr(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}
