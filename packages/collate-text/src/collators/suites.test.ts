/** The collate functions for models of language, held against the contract. */
import { isNdArray } from "@millrace/core";
import { testCollate } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { collated, listOf } from "../../test/collating.js";
import languageModel from "./language-model.js";
import maskedLanguageModel from "./masked-language-model.js";
import packSequences from "./pack-sequences.js";
import sequencePair from "./sequence-pair.js";

const texts = () => [
  { tokens: Int32Array.of(15, 16, 17, 18, 19), text: "a b" },
  { tokens: Int32Array.of(21), text: "c" },
  { tokens: Int32Array.of(33, 34), text: "d e" },
];
const unfit = {
  "samples without fields": [Int32Array.of(1)],
  "a sample without the sequence": [...texts(), { text: "" }],
  "a sequence that is text": [{ tokens: "a b" }],
  "tokens that are not whole": [{ tokens: [1, 2.5] }],
  "tokens that are vectors": [{ tokens: { dtype: "int32", shape: [1, 2], data: Int32Array.of(1, 2) } }],
};
const taken = { "a field that has the name of the mask": [{ tokens: [1], attentionMask: 1 }] };

/** The tokens of a row that are of the tens of the sample at a place, which its first tokens in the batch tell. */
function documentAt(batch: unknown, place: number): unknown {
  const { tokens } = batch as { tokens: unknown };
  const steps = isNdArray(tokens) ? [...(tokens.data as Int32Array)] : [];
  const tens = [...new Set(steps.filter((token) => token > 0).map((token) => Math.floor(token / 10)))];
  return steps.filter((token) => token > 0 && Math.floor(token / 10) === tens[place]);
}

testCollate({
  plugin: packSequences,
  options: { length: 3 },
  samples: texts,
  sampleAt: documentAt,
  invalidOptions: [
    { name: "rows of nothing", options: { length: 0 }, message: /length/ },
    { name: "another strategy", options: { length: 3, strategy: "best-fit" }, message: /first-fit/ },
  ],
  wrongSamples: { ...unfit, "a sample that fills no row": [] },
});

testCollate({
  plugin: languageModel,
  options: { padToMultipleOf: 4, maxLength: 4, truncationSide: "left" },
  samples: texts,
  invalidOptions: [
    { name: "packing without a length", options: { packing: "first-fit" }, message: /needs a length/ },
    { name: "a length without packing", options: { length: 8 }, message: /maxLength/ },
  ],
  wrongSamples: {
    ...unfit,
    ...taken,
    "a field that has the name of the targets": [{ tokens: [1], label: 1 }],
  },
});

testCollate({
  plugin: maskedLanguageModel,
  options: { maskToken: 4, vocabularySize: 50, maskProbability: 0.5, paddingSide: "left" },
  samples: texts,
  random: true,
  invalidOptions: [
    { name: "shares above one", options: { maskShare: 0.8, randomShare: 0.3 }, message: /1 together/ },
    { name: "a probability above one", options: { maskProbability: 2 }, message: /maskProbability/ },
  ],
  wrongSamples: { ...unfit, ...taken },
});

testCollate({
  plugin: sequencePair,
  options: { startToken: 1, maxSourceLength: 4, maxTargetLength: 2 },
  samples: () =>
    texts().map(({ tokens, text }) => ({ source: tokens, target: tokens.map((token) => token + 50), text })),
  invalidOptions: [{ name: "no start token", options: {}, message: /startToken/ }],
  wrongSamples: {
    "a sample without a target": [{ source: [1] }],
    "a source that is text": [{ source: "a", target: [1] }],
    "a field that has the name of the decoder's input": [{ source: [1], target: [2], decoderInput: 1 }],
  },
});

describe("batches of language models", () => {
  it("keep what samples have beside, after the tokens, unless rows are not samples", async () => {
    const padded = await collated(languageModel, {}, texts());
    expect(Object.keys(padded)).toEqual(["tokens", "text", "label", "attentionMask"]);
    const packed = await collated(languageModel, { packing: "first-fit", length: 8 }, texts());
    expect(Object.keys(packed)).toEqual(["tokens", "label", "positionIds", "segmentIds"]);
  });

  it("bear sequences of no tokens, also a batch of nothing else", async () => {
    const none = [{ tokens: new Int32Array() }];
    const some = [...none, { tokens: Int32Array.of(3, 4) }];
    const facts = { vocabulary: { mask: 1, size: 9 } };
    for (const plugin of [languageModel, maskedLanguageModel]) {
      const batch = await collated(plugin, {}, some, { facts });
      expect(listOf(batch.attentionMask)).toEqual([
        [0, 0],
        [1, 1],
      ]);
      expect(listOf(batch.label)[0]).toEqual([-100, -100]);
      expect(listOf((await collated(plugin, {}, none, { facts })).attentionMask)).toEqual([[0]]);
    }
    for (const plugin of [packSequences, languageModel]) {
      const packing = plugin === languageModel ? { packing: "concatenate" } : {};
      const batch = await collated(plugin, { length: 2, ...packing }, none);
      expect([listOf(batch.tokens), listOf(batch.segmentIds)]).toEqual([[[0, 0]], [[0, 0]]]);
    }
    const pair = await collated(sequencePair, { startToken: 2 }, [{ source: [], target: [] }]);
    expect([listOf(pair.attentionMask), listOf(pair.label)]).toEqual([[[0]], [[-100]]]);
  });

  it("has a target that begins with the start token begin with it once", async () => {
    const pairOf = (target: number[]) => collated(sequencePair, { startToken: 2 }, [{ source: [5], target }]);
    expect(await pairOf([2, 8, 9])).toEqual(await pairOf([8, 9]));
  });

  it("begin with the start token where a decoder is asked without a target", async () => {
    const batch = await collated(sequencePair, { startToken: 2 }, [{ source: [5, 6] }, { source: [7] }], {
      loose: true,
    });
    expect(listOf(batch.decoderInput)).toEqual([[2], [2]]);
    expect("label" in batch).toBe(false);
  });
});
