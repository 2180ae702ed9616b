import {
  type Collate,
  type DatasetFacts,
  heapAllocator,
  isNdArray,
  type NdArray,
  ndarray,
  type Plugin,
} from "@millrace/core";
import { testCollate } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import plugins from "../index.js";

const plugin = plugins.find(({ name }) => name === "pad-sequence") as Plugin<"collate">;

const samples = () => [
  { tokens: Int32Array.of(5, 6, 7, 8, 9), label: 2, text: "a b" },
  { tokens: Int32Array.of(1), label: 0, text: "c" },
  { tokens: Int32Array.of(3, 4), label: 1, text: "d e" },
];

testCollate({
  plugin,
  options: {
    paddingValue: -1,
    padToMultipleOf: 4,
    maxLength: 4,
    truncationSide: "left",
    attentionMask: true,
  },
  samples,
  invalidOptions: [
    { name: "a side that is none", options: { paddingSide: "top" }, message: /left/ },
    { name: "no fields", options: { fields: [] }, message: /fields/ },
    { name: "a maximum of nothing", options: { maxLength: 0 }, message: /maxLength/ },
    {
      name: "a padding value for another field",
      options: { paddingValue: { ids: 1 } },
      message: /was "ids"/,
    },
  ],
  wrongSamples: {
    "samples without fields": [Int32Array.of(1)],
    "a sample without the sequence": [...samples(), { label: 1, text: "" }],
    "a sequence that is text": [{ tokens: "a b", label: 1 }],
    "other fields that do not stack": [
      { tokens: Int32Array.of(1), x: Float32Array.of(1) },
      { tokens: Int32Array.of(1), x: Float32Array.of(1, 2) },
    ],
    "a field that has the name of the mask": [{ tokens: Int32Array.of(1), attentionMask: 1 }],
    "a field that has the name of the lengths": [{ tokens: Int32Array.of(1), tokensLength: 1 }],
  },
});

testCollate({
  plugin,
  options: { batchFirst: false, lengthSuffix: null, attentionMask: true },
  samples: () => samples().map(({ tokens }) => ({ tokens })),
  sampleAt: (batch, place) => {
    const { shape, data } = (batch as { tokens: NdArray }).tokens;
    return Array.from({ length: shape[0] }, (_, time) => data[time * shape[1] + place]);
  },
});

describe("pad-sequence", () => {
  it("pads to batch × time and adds the lengths after all other fields", async () => {
    const batch = await collated({}, samples());
    expect(batch).toEqual({
      tokens: ndarray(Int32Array.of(5, 6, 7, 8, 9, 1, 0, 0, 0, 0, 3, 4, 0, 0, 0), [3, 5]),
      label: ndarray(Int32Array.of(2, 0, 1)),
      text: ["a b", "c", "d e"],
      tokensLength: ndarray(Int32Array.of(5, 1, 2)),
    });
    expect(Object.keys(batch)).toEqual(["tokens", "label", "text", "tokensLength"]);
  });

  it("rounds the length up to a multiple, and gives a batch of empty sequences steps of padding", async () => {
    expect((await collated({ padToMultipleOf: 4 }, samples())).tokens).toMatchObject({ shape: [3, 8] });
    const empty = [{ tokens: new Int32Array() }];
    expect((await collated({ padToMultipleOf: 4 }, empty)).tokens).toMatchObject({ shape: [1, 4] });
    expect(await collated({ attentionMask: true, paddingValue: 9 }, empty)).toEqual({
      tokens: ndarray(Int32Array.of(9), [1, 1]),
      tokensLength: ndarray(Int32Array.of(0)),
      attentionMask: ndarray(Int32Array.of(0), [1, 1]),
    });
  });

  it("keeps the first maxLength steps, and gives the lengths after cutting", async () => {
    const batch = await collated({ maxLength: 2, paddingSide: "left" }, samples());
    expect(batch.tokens).toEqual(ndarray(Int32Array.of(5, 6, 0, 1, 3, 4), [3, 2]));
    expect(batch.tokensLength).toEqual(ndarray(Int32Array.of(2, 1, 2)));
  });

  it("keeps the last maxLength steps where the left is cut, whatever side is padded", async () => {
    const options = { fields: ["tokens", "frames"], maxLength: 2, truncationSide: "left" };
    const batch = await collated(options, [
      { tokens: [1, 2, 3], frames: ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]) },
      { tokens: [4], frames: ndarray(Float32Array.of(7, 8), [1, 2]) },
    ]);
    expect(batch.tokens).toEqual(ndarray(Int32Array.of(2, 3, 4, 0), [2, 2]));
    expect(batch.frames).toEqual(ndarray(Float32Array.of(3, 4, 5, 6, 7, 8, 0, 0), [2, 2, 2]));
    expect(batch.tokensLength).toEqual(ndarray(Int32Array.of(2, 1)));
  });

  it("masks padding by the lengths, where tokens have the value of padding too", async () => {
    const zeros = [
      { tokens: Int32Array.of(0, 5, 0) },
      { tokens: Int32Array.of(0) },
      { tokens: new Int32Array() },
    ];
    const masked = async (options: object) =>
      (await collated({ attentionMask: true, ...options }, zeros)).attentionMask;
    expect(await masked({})).toEqual(ndarray(Int32Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0), [3, 3]));
    expect(await masked({ paddingSide: "left", padToMultipleOf: 4 })).toEqual(
      ndarray(Int32Array.of(0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0), [3, 4]),
    );
    expect(await masked({ batchFirst: false })).toEqual(
      ndarray(Int32Array.of(1, 1, 0, 1, 0, 0, 1, 0, 0), [3, 3]),
    );
    expect(await masked({ maxLength: 1 })).toEqual(ndarray(Int32Array.of(1, 1, 0), [3, 1]));
  });

  it("pads several fields, each to its own longest and with its own value", async () => {
    const options = { fields: ["tokens", "tags"], paddingValue: { tags: -100 }, lengthSuffix: "Count" };
    const batch = await collated(options, [
      { tokens: [1, 2, 3], tags: [1] },
      { tokens: [4], tags: [] },
    ]);
    expect(batch).toEqual({
      tokens: ndarray(Int32Array.of(1, 2, 3, 4, 0, 0), [2, 3]),
      tags: ndarray(Int32Array.of(1, -100), [2, 1]),
      tokensCount: ndarray(Int32Array.of(3, 1)),
      tagsCount: ndarray(Int32Array.of(1, 0)),
    });
  });

  it("takes the value from the facts of the data, also where a field is called from", async () => {
    const facts = { vocabulary: { padding: 7 } };
    const batch = [
      { tokens: [1, 2], from: [1] },
      { tokens: [3], from: [] },
    ];
    const fields = ["tokens", "from"];
    const reference = { from: "vocabulary.padding" };
    const one = await collated({ fields, paddingValue: reference }, batch, facts);
    expect(one).toMatchObject({
      tokens: { data: Int32Array.of(1, 2, 3, 7) },
      from: { data: Int32Array.of(1, 7) },
    });
    const each = await collated({ fields, paddingValue: { from: 9, tokens: reference } }, batch, facts);
    expect(each).toMatchObject({
      tokens: { data: Int32Array.of(1, 2, 3, 7) },
      from: { data: Int32Array.of(1, 9) },
    });
    await expect(
      collated({ paddingValue: { tokens: { from: "vocabulary.pad" } } }, batch, facts),
    ).rejects.toMatchObject({ code: "FACT_UNKNOWN", path: ["paddingValue", "tokens", "from"] });
  });

  it("pads arrays of vectors along time only", async () => {
    const batch = await collated({ fields: ["frames"], maxLength: 2 }, [
      { frames: ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]) },
      { frames: ndarray(Float32Array.of(7, 8), [1, 2]) },
    ]);
    expect(batch.frames).toEqual(ndarray(Float32Array.of(1, 2, 3, 4, 7, 8, 0, 0), [2, 2, 2]));
  });

  it("takes all memory of the batch from the allocator", async () => {
    const given = new Set<unknown>();
    const allocate = (...request: Parameters<typeof heapAllocator.allocate>) => {
      const array = heapAllocator.allocate(...request);
      given.add(array.data);
      return array;
    };
    const batch = await create({}, {})(samples(), { allocate });
    const arrays = Object.values(batch as object).filter(isNdArray);
    expect(arrays.map(({ data }) => given.has(data))).toEqual([true, true, true]);
  });

  it.each([
    ["that does not fit the first", { tokens: Float32Array.of(1.5) }, /"tokens" of entry 1 has 1.5 at 0/],
    ["that is none", { tokens: "a b" }, /"tokens" of entry 1 is a? ?(string|text)/],
    ["that is missing", { text: "a b" }, /entry 1 has text/],
    [
      "of steps of another shape",
      { tokens: ndarray(Int32Array.of(1, 2), [1, 2]) },
      /"tokens" of entry 1 has \[\*, 2\]/,
    ],
  ])("names the field and the entry of a sequence %s", async (_what, wrong, message) => {
    await expect(collated({}, [{ tokens: Int32Array.of(1) }, wrong])).rejects.toMatchObject({
      entry: 1,
      message: expect.stringMatching(message) as string,
    });
  });
});

function create(options: object, facts: DatasetFacts): Collate {
  const context = { baseUrl: new URL("file:///"), seed: 1, facts };
  return plugin.create(plugin.options.parse(options), context) as Collate;
}

async function collated(
  options: object,
  batch: readonly unknown[],
  facts: DatasetFacts = {},
): Promise<Record<string, unknown>> {
  return (await create(options, facts)(batch, heapAllocator)) as Record<string, unknown>;
}
