/** What tells a step where it stands. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { MillraceError } from "@millrace/core";
import {
  type Core,
  type LayerArguments,
  type LayerClass,
  type Library,
  listOf,
  type Shape,
  shapesOf,
} from "./library.js";

export interface PositionArguments {
  /** learned: a vector for each position; sinusoidal: waves, of any length (Vaswani et al. 2017, §3.5); learned if not given. */
  readonly kind?: "learned" | "sinusoidal";
  /** Positions that are learned, and so the longest sequence. */
  readonly maxLength?: number;
}

/**
 * `positionEmbedding` adds to each step of sequences [samples, steps, size] the vector of its position: its place in the row,
 * or what a second input says, [samples, steps], such as the `positionIds` of packed rows.
 */
export function positionEmbeddingClass(core: Core, { layers, initializers }: Library): LayerClass {
  return class PositionEmbedding extends layers.Layer {
    static readonly className = "MillracePositionEmbedding";
    readonly kind: NonNullable<PositionArguments["kind"]>;
    readonly maxLength: number | undefined;
    readonly embeddingsInitializer = initializers.randomNormal({ mean: 0, stddev: 0.02 });
    #table: LayerVariable | undefined;
    #waves: Float32Array = new Float32Array(0);

    constructor(args: PositionArguments & LayerArguments) {
      super(args);
      this.kind = args.kind ?? "learned";
      this.maxLength = args.maxLength;
      this.supportsMasking = true;
    }

    override build(shape: Shape | Shape[]): void {
      const [[, steps, size]] = shapesOf(shape);
      if (this.kind === "learned") {
        if (this.maxLength === undefined) {
          throw new MillraceError(
            "MODEL_INVALID",
            "positions that are learned need a `maxLength`, had none",
            {
              hint: 'State the longest sequence, or take `"kind": "sinusoidal"`.',
            },
          );
        }
        this.#requireRoom(steps ?? 0);
        const of = [this.maxLength, size ?? 0];
        this.#table = this.addWeight("embeddings", of, "float32", this.embeddingsInitializer);
      }
      this.built = true;
    }

    override computeOutputShape(shape: Shape | Shape[]): Shape {
      return shapesOf(shape)[0];
    }

    override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor {
      return listOf(mask as Tensor)[0];
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      return core.tidy(() => {
        const [x, positions] = listOf(inputs);
        const [, steps, size] = x.shape;
        if (positions === undefined) this.#requireRoom(steps);
        const table = this.#table?.read();
        if (table === undefined)
          return core.add(
            x,
            positions === undefined ? this.#wavesOf(steps, size) : wavesAt(core, positions, size),
          );
        const places =
          positions === undefined
            ? core.tensor1d(Int32Array.from({ length: steps }, (_, i) => i))
            : core.cast(positions, "int32");
        return core.add(x, core.gather(table, places));
      });
    }

    /** Made here, not on the device: the sine of a GPU is right to three digits. */
    #wavesOf(steps: number, size: number): Tensor {
      const { length } = this.#waves;
      if (length !== steps * size) this.#waves = waves(steps, size);
      return core.tensor2d(this.#waves, [steps, size]);
    }

    override getConfig() {
      const { kind, maxLength } = this;
      return { ...super.getConfig(), kind, ...(maxLength && { maxLength }) };
    }

    #requireRoom(steps: number): void {
      if (this.kind === "sinusoidal" || this.maxLength === undefined || steps <= this.maxLength) return;
      throw new MillraceError(
        "TRAINING_INPUT",
        `a positionEmbedding of ${this.maxLength} positions must be given no longer sequences, was one of ${steps}`,
        { hint: "Cut sequences with `maxLength` of the collate function, or give the layer more positions." },
      );
    }
  };
}

/** sin(p / 10000^(2i / size)) in the first half of a vector, cos in the second, for p from 0: [steps, size]. */
function waves(steps: number, size: number): Float32Array {
  const rates = ratesOf(size);
  const half = rates.length;
  const made = new Float32Array(steps * size);
  for (let p = 0; p < steps; p++) {
    for (let i = 0; i < size; i++) {
      const angle = Math.fround(p * rates[i % half]);
      made[p * size + i] = i < half ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return made;
}

function ratesOf(size: number): Float32Array {
  const half = Math.ceil(size / 2);
  return Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / half));
}

/** The same of any positions: their shape, and size. */
function wavesAt(core: Core, positions: Tensor, size: number): Tensor {
  const rates = ratesOf(size);
  const angles = core.mul(core.expandDims(core.cast(positions, "float32"), -1), core.tensor1d(rates));
  const both = core.concat([core.sin(angles), core.cos(angles)], -1);
  return size % 2 === 0 ? both : core.slice(both, 0, [...positions.shape, size]);
}
