/** A tokenizer as a transform: what finds the ids of a text, made to one sample in, one out, and to many at once. */
import { MillraceError, type NdArray, ndarray, type TransformForms } from "@millrace/core";
import type { RaggedColumns } from "@millrace/core/dataloader";
import { columnOf, type Sample, textIn, textOf } from "../texts.js";
import { cutOne, cutTwo } from "./cut.js";
import { IdList } from "./ids.js";
import { offsetsName, textFields, type Tokenizing, typeIdsName } from "./options.js";

/** Finds the ids of texts. */
export interface Encoder {
  /** Appends the ids of `text` to `ids`, without special tokens. Errors: TRANSFORM_INPUT. */
  encode(text: string, ids: IdList): void;
  /** Special tokens around a text, and around two; undefined where there are none. */
  readonly single: Around;
  readonly pair: Around;
}

/** Ids before the first text, behind it, and behind the second, and to which text each belongs. */
export interface Around {
  readonly before: readonly SpecialToken[];
  readonly between: readonly SpecialToken[];
  readonly after: readonly SpecialToken[];
  /** The type ids of the texts themselves. */
  readonly types: readonly [number, number];
}

export interface SpecialToken {
  readonly id: number;
  readonly type: number;
}

export const nothingAround: Around = { before: [], between: [], after: [], types: [0, 1] };

/** The ids of a sample, in those of many. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export function tokenizingForms(
  transform: string,
  options: Tokenizing,
  encoder: Encoder,
): TransformForms<Sample, Sample> {
  const tokenizing = new Tokenizer(transform, options, encoder);
  return {
    apply(sample, { loose }) {
      // A person's own sample need not have a text that is only an answer, such as a translation.
      if (loose === true && textFields(options).some((name) => sample?.[name] === undefined)) return sample;
      return tokenizing.many([sample])[0];
    },
    applyMany: (samples) => tokenizing.many(samples),
    // Offsets are arrays of two axes, which no ragged column has.
    ...(!options.offsets && { applyRagged: (columns) => tokenizing.columns(columns) }),
  };
}

class Tokenizer {
  readonly #transform: string;
  readonly #options: Tokenizing;
  readonly #encoder: Encoder;
  readonly #around: Around;
  readonly #special: number;
  readonly #ids: IdList;
  readonly #types: IdList;

  constructor(transform: string, options: Tokenizing, encoder: Encoder) {
    this.#transform = transform;
    this.#options = options;
    this.#encoder = encoder;
    const { addSpecialTokens, pair, maxLength = Infinity, offsets } = options;
    const own = pair === undefined ? encoder.single : encoder.pair;
    this.#around = addSpecialTokens ? own : { ...nothingAround, types: own.types };
    const { before, between, after } = this.#around;
    this.#special = before.length + between.length + after.length;
    this.#ids = new IdList(offsets);
    this.#types = new IdList(false);
    if (maxLength >= this.#special) return;
    throw new MillraceError(
      "OPTION_INVALID",
      `\`maxLength\` must leave room for ${this.#special} special tokens, was ${maxLength}`,
      { hint: "Make it larger, or set `addSpecialTokens` to false.", path: ["maxLength"] },
    );
  }

  /** All ids stand in one array, of which each sample has a part: one allocation for many samples. */
  many(samples: readonly Sample[]): Sample[] {
    const ids = this.#ids;
    ids.clear();
    this.#types.clear();
    const spans = samples.map((sample): Span => {
      const start = ids.length;
      this.#add(sample);
      return { start, end: ids.length };
    });
    const tokens = ids.data.slice(0, ids.length);
    const { offsets, typeIds } = this.#options;
    const places = offsets ? this.#places() : undefined;
    const types = typeIds ? this.#types.data.slice(0, ids.length) : undefined;
    return samples.map((sample, i) => this.#made(sample, spans[i], tokens, places, types));
  }

  /** What `many` makes of the samples, as columns. */
  columns(columns: RaggedColumns): RaggedColumns {
    const ids = this.#ids;
    ids.clear();
    this.#types.clear();
    const { field, pair, keep, to, typeIds } = this.#options;
    const [texts, others] = [
      columnOf(columns, field, this.#transform),
      pair === undefined ? [] : columnOf(columns, pair, this.#transform),
    ];
    const starts = new Int32Array(texts.length);
    const lengths = new Int32Array(texts.length);
    for (let row = 0; row < texts.length; row++) {
      starts[row] = ids.length;
      this.#addTexts(
        textIn(texts[row], field, this.#transform),
        pair === undefined ? undefined : textIn(others[row], pair, this.#transform),
      );
      lengths[row] = ids.length - starts[row];
    }
    const made: Record<string, RaggedColumns[string]> = {};
    for (const name in columns) if (keep || (name !== field && name !== pair)) made[name] = columns[name];
    made[to] = { data: ids.data.slice(0, ids.length), starts, lengths };
    if (typeIds)
      made[typeIdsName(this.#options)] = { data: this.#types.data.slice(0, ids.length), starts, lengths };
    return made;
  }

  #add(sample: Sample): void {
    const { field, pair } = this.#options;
    const text = textOf(sample, field, this.#transform);
    this.#addTexts(text, pair === undefined ? undefined : textOf(sample, pair, this.#transform));
  }

  #addTexts(text: string, pair: string | undefined): void {
    const { maxLength = Infinity, truncationSide } = this.#options;
    const { before, between, after, types } = this.#around;
    const ids = this.#ids;
    const room = maxLength - this.#special;
    this.#put(before);
    const first = ids.length;
    this.#encoder.encode(text, ids);
    let kept = ids.length - first;
    if (pair !== undefined) {
      const second = ids.length;
      this.#encoder.encode(pair, ids);
      const lengths = cutTwo(kept, ids.length - second, room);
      this.#cut(second, lengths[1], truncationSide);
      const moved = ids.data.slice(second, ids.length);
      const [starts, ends] = [ids.starts.slice(second, ids.length), ids.ends.slice(second, ids.length)];
      ids.length = second;
      kept = lengths[0];
      this.#cut(first, kept, truncationSide);
      this.#fill(types[0], kept);
      this.#put(between);
      for (let i = 0; i < moved.length; i++) ids.push(moved[i], starts[i], ends[i]);
      this.#fill(types[1], moved.length);
    } else {
      kept = cutOne(kept, room);
      this.#cut(first, kept, truncationSide);
      this.#fill(types[0], kept);
    }
    this.#put(after);
  }

  #put(special: readonly SpecialToken[]): void {
    for (const { id, type } of special) {
      this.#ids.push(id, 0, 0);
      this.#fill(type, 1);
    }
  }

  #fill(type: number, count: number): void {
    if (!this.#options.typeIds) return;
    for (let i = 0; i < count; i++) this.#types.push(type, 0, 0);
  }

  /** What stands from `from` on is cut to so many ids. */
  #cut(from: number, length: number, side: Tokenizing["truncationSide"]): void {
    const more = this.#ids.length - from - length;
    this.#ids.remove(side === "left" ? from : from + length, more);
  }

  #places(): Int32Array {
    const { starts, ends, length } = this.#ids;
    const places = new Int32Array(2 * length);
    for (let i = 0; i < length; i++) {
      places[2 * i] = starts[i];
      places[2 * i + 1] = ends[i];
    }
    return places;
  }

  #made(
    sample: Sample,
    { start, end }: Span,
    tokens: Int32Array,
    places: Int32Array | undefined,
    types: Int32Array | undefined,
  ): Sample {
    const { field, pair, keep, to } = this.#options;
    const made: Record<string, unknown> = {};
    for (const name in sample) {
      if (keep || (name !== field && name !== pair)) made[name] = sample[name];
    }
    made[to] = tokens.subarray(start, end);
    if (places !== undefined) made[offsetsName(this.#options)] = offsetsOf(places, start, end);
    if (types !== undefined) made[typeIdsName(this.#options)] = types.subarray(start, end);
    return made;
  }
}

function offsetsOf(places: Int32Array, start: number, end: number): NdArray {
  return ndarray(places.subarray(2 * start, 2 * end), [end - start, 2]);
}
