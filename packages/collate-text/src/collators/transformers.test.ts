/** What the collators of Hugging Face's transformers make of the same samples. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collated, listOf } from "../../test/collating.js";
import languageModel from "./language-model.js";
import packSequences from "./pack-sequences.js";
import padSequence from "./pad-sequence.js";
import sequencePair from "./sequence-pair.js";

type Rows = number[][];
type Theirs = Readonly<Record<"input_ids" | "attention_mask" | "labels", Rows>>;

interface Case {
  readonly side: "left" | "right";
  readonly multiple: number;
  readonly samples: Rows;
  readonly tags: Rows;
  readonly targets: Rows;
  readonly padding: Theirs;
  readonly tokenClassification: Theirs;
  readonly languageModeling: Theirs;
  readonly seq2seq: Theirs & { readonly decoder_input_ids: Rows };
  readonly flattening: Pick<Theirs, "input_ids" | "labels"> & {
    readonly position_ids: Rows;
    readonly seq_idx: Rows;
  };
}

const { padding, start, cases } = JSON.parse(
  readFileSync(new URL("../../test/fixtures/transformers-collators.json", import.meta.url), "utf8"),
) as { readonly padding: number; readonly start: number; readonly cases: readonly Case[] };

/** Theirs are not shifted, since their models shift them: ours of a step is theirs of the next. */
const shifted = (labels: Rows): Rows => labels.map((row) => [...row.slice(1), -100]);

describe.each(cases)(
  "transformers' collators, padding on the $side to multiples of $multiple",
  (recorded) => {
    const { side, multiple, samples, tags, targets } = recorded;
    const common = { paddingSide: side, padToMultipleOf: multiple };

    it("pad as pad-sequence does: DataCollatorWithPadding, DataCollatorForTokenClassification", async () => {
      const options = {
        ...common,
        fields: ["tokens", "tags"],
        paddingValue: { tokens: padding, tags: -100 },
        attentionMask: true,
      };
      const ours = await collated(
        padSequence,
        options,
        samples.map((tokens, i) => ({ tokens, tags: tags[i] })),
      );
      expect(listOf(ours.tokens)).toEqual(recorded.padding.input_ids);
      expect(listOf(ours.attentionMask)).toEqual(recorded.padding.attention_mask);
      expect(listOf(ours.tags)).toEqual(recorded.tokenClassification.labels);
    });

    it("give the targets of language-model before they are shifted: DataCollatorForLanguageModeling", async () => {
      const given = samples.map((tokens) => ({ tokens }));
      const ours = await collated(languageModel, { ...common, paddingValue: padding }, given);
      expect(listOf(ours.tokens)).toEqual(recorded.languageModeling.input_ids);
      expect(listOf(ours.attentionMask)).toEqual(recorded.languageModeling.attention_mask);
      // With padding on the left, theirs asks it for the first token.
      const { labels, attention_mask: mask } = recorded.languageModeling;
      const expected = shifted(labels).map((row, y) =>
        row.map((label, x) => (mask[y][x] === 1 ? label : -100)),
      );
      expect(listOf(ours.label)).toEqual(expected);
    });

    it("pad pairs and shift targets as sequence-pair does: DataCollatorForSeq2Seq", async () => {
      const options = { ...common, paddingValue: padding, startToken: start };
      const given = samples.map((source, i) => ({ source, target: targets[i] }));
      const ours = await collated(sequencePair, options, given);
      expect(listOf(ours.source)).toEqual(recorded.seq2seq.input_ids);
      expect(listOf(ours.attentionMask)).toEqual(recorded.seq2seq.attention_mask);
      expect(listOf(ours.label)).toEqual(recorded.seq2seq.labels);
      // With padding on the left, theirs leaves it between the start token and the first of the target.
      const expected = targets.map((row, i) => {
        const own = [start, ...row.slice(0, -1)];
        const { decoder_input_ids: theirs } = recorded.seq2seq;
        return side === "right" ? theirs[i] : [...theirs[i].slice(own.length).map(() => padding), ...own];
      });
      expect(listOf(ours.decoderInput)).toEqual(expected);
    });

    it("join sequences as rows that are long enough for all: DataCollatorWithFlattening", async () => {
      const length = samples.flat().length;
      const given = samples.map((tokens) => ({ tokens }));
      const { input_ids: ids, labels, position_ids: positions, seq_idx: places } = recorded.flattening;
      for (const packing of ["concatenate", "first-fit"]) {
        const ours = await collated(packSequences, { length, strategy: packing }, given);
        const model = await collated(languageModel, { length, packing }, given);
        expect([listOf(ours.tokens), listOf(ours.positionIds)]).toEqual([ids, positions]);
        expect(listOf(ours.segmentIds)).toEqual(places.map((row) => row.map((place) => place + 1)));
        expect([listOf(model.tokens), listOf(model.label)]).toEqual([ids, shifted(labels)]);
      }
    });
  },
);
