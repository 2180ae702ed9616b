/** Attention with several heads (Vaswani et al. 2017, §3.2), as torch.nn.MultiheadAttention has it. */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { MillraceError } from "@millrace/core";
import {
  type CallContext,
  type Core,
  type Layer,
  type LayerArguments,
  type LayerClass,
  type Library,
  listOf,
  type Shape,
  shapesOf,
} from "./library.js";

export interface AttentionArguments {
  readonly numHeads: number;
  /** Numbers of a head; those of a step, divided by the heads, if not given. */
  readonly keyDim?: number;
  /** Whether a step sees none of those behind it; false if not given. */
  readonly causal?: boolean;
  /** The share of attention that is dropped while training; 0 if not given. */
  readonly dropout?: number;
  /** Whether the projections add a bias; true if not given. */
  readonly useBias?: boolean;
}

/** What is added to the score of a step that must not be seen: in float32 its share is 0 then, whatever the others are. */
const unseen = -1e9;

const parts = ["query", "key", "value"] as const;

/**
 * `multiHeadAttention` takes sequences [samples, steps, size], or queries, what they look at, and which steps of that are no
 * padding, [samples, steps]. It gives what the queries' steps have seen, of the size of the queries. Steps that are masked
 * are seen by none; where the mask numbers documents, each step sees those of its own.
 */
export function multiHeadAttentionClass(core: Core, library: Library): LayerClass {
  const { layers, initializers } = library;
  return class MultiHeadAttention extends layers.Layer {
    static readonly className = "MillraceMultiHeadAttention";
    readonly numHeads: number;
    readonly keyDim: number | undefined;
    readonly causal: boolean;
    readonly rate: number;
    readonly useBias: boolean;
    /** Draws what is dropped; whoever trains sets its seed. */
    readonly dropping: Layer;
    // One for each matrix, so that no two begin equal.
    readonly queryInitializer = initializers.glorotUniform({});
    readonly keyInitializer = initializers.glorotUniform({});
    readonly valueInitializer = initializers.glorotUniform({});
    readonly outputInitializer = initializers.glorotUniform({});
    #kernels: LayerVariable[] = [];
    #biases: LayerVariable[] = [];

    constructor(args: AttentionArguments & LayerArguments) {
      super(args);
      const { numHeads, keyDim, causal = false, dropout = 0, useBias = true } = args;
      this.numHeads = numHeads;
      this.keyDim = keyDim;
      this.causal = causal;
      this.rate = dropout;
      this.useBias = useBias;
      this.dropping = layers.dropout({ rate: dropout });
      this.supportsMasking = true;
    }

    override build(shape: Shape | Shape[]): void {
      const [queries, seen = queries] = shapesOf(shape).map((each) => each[each.length - 1] ?? 0);
      const size = this.#headSize(queries) * this.numHeads;
      const sizes = { query: queries, key: seen, value: seen };
      const { queryInitializer: query, keyInitializer: key, valueInitializer: value } = this;
      const by = { query, key, value };
      const weight = (name: string, of: number[], initializer: typeof query): LayerVariable =>
        this.addWeight(name, of, "float32", initializer);
      this.#kernels = parts.map((part) => weight(`${part}_kernel`, [sizes[part], size], by[part]));
      this.#kernels.push(weight("output_kernel", [size, queries], this.outputInitializer));
      if (this.useBias) {
        const zeros = initializers.zeros();
        this.#biases = parts.map((part) => weight(`${part}_bias`, [size], zeros));
        this.#biases.push(weight("output_bias", [queries], zeros));
      }
      this.built = true;
    }

    override computeOutputShape(shape: Shape | Shape[]): Shape {
      return shapesOf(shape)[0];
    }

    override computeMask(_inputs: Tensor | Tensor[], mask?: Tensor | Tensor[]): Tensor {
      return listOf(mask as Tensor)[0];
    }

    override call(inputs: Tensor | Tensor[], { mask, training }: CallContext = {}): Tensor {
      return core.tidy(() => {
        const [x, seen = x, seenMask] = listOf(inputs);
        const [samples, steps] = x.shape;
        const own = listOf(mask ?? undefined)[0];
        const [query, key, value] = [x, seen, seen].map((from, i) => this.#heads(this.#project(from, i)));
        const size = query.shape[2] ?? 1;
        const scores = core.mul(core.matMul(query, key, false, true), 1 / Math.sqrt(size));
        const bias = this.#bias(steps, seen.shape[1] ?? 0, seen === x ? own : seenMask, seen === x);
        const shares = core.softmax(bias === undefined ? scores : this.#biased(scores, bias, samples));
        const kept = this.rate > 0 && training === true ? this.dropping.call(shares, { training }) : shares;
        const found = core.matMul(listOf(kept)[0], value);
        const together = core.transpose(
          core.reshape(found, [samples, this.numHeads, steps, size]),
          [0, 2, 1, 3],
        );
        return this.#project(core.reshape(together, [samples, steps, this.numHeads * size]), parts.length);
      });
    }

    override getConfig() {
      const { numHeads, keyDim, causal, rate: dropout, useBias } = this;
      return { ...super.getConfig(), numHeads, ...(keyDim && { keyDim }), causal, dropout, useBias };
    }

    #headSize(size: number): number {
      if (this.keyDim !== undefined) return this.keyDim;
      if (size % this.numHeads === 0) return size / this.numHeads;
      throw new MillraceError(
        "MODEL_INVALID",
        `numHeads must divide the ${size} numbers of a step, was ${this.numHeads}`,
        { hint: "Take a divisor, or state `keyDim`, the numbers of a head." },
      );
    }

    #project(x: Tensor, part: number): Tensor {
      const kernel = this.#kernels[part].read() as Tensor2D;
      const [samples, steps, size] = x.shape;
      const made = core.matMul(core.reshape(x, [-1, size]), kernel);
      const biased = this.useBias ? core.add(made, this.#biases[part].read()) : made;
      return core.reshape(biased, [samples, steps, kernel.shape[1]]);
    }

    /** [samples, steps, heads · size] as [samples · heads, steps, size]. */
    #heads(x: Tensor): Tensor {
      const [samples, steps, width] = x.shape;
      const size = (width ?? 0) / this.numHeads;
      const apart = core.transpose(core.reshape(x, [samples, steps, this.numHeads, size]), [0, 2, 1, 3]);
      return core.reshape(apart, [samples * this.numHeads, steps, size]);
    }

    /** What is added to scores: [samples or 1, queries or 1, steps]. */
    #bias(queries: number, steps: number, mask: Tensor | undefined, isOwn: boolean): Tensor | undefined {
      const allowed: Tensor[] = [];
      if (mask !== undefined) {
        const numbers = core.cast(mask, "float32");
        const looked = core.expandDims(numbers, 1);
        allowed.push(core.cast(core.greater(looked, 0), "float32"));
        if (isOwn) allowed.push(core.cast(core.equal(core.expandDims(numbers, 2), looked), "float32"));
      }
      if (this.causal) allowed.push(behind(core, queries, steps));
      if (allowed.length === 0) return undefined;
      return core.mul(
        core.sub(
          1,
          allowed.reduce((all, each) => core.mul(all, each)),
        ),
        unseen,
      );
    }

    #biased(scores: Tensor, bias: Tensor, samples: number): Tensor {
      const [, queries, steps] = scores.shape;
      const apart = core.reshape(scores, [samples, this.numHeads, queries, steps]);
      return core.reshape(core.add(apart, core.expandDims(bias, 1)), scores.shape);
    }
  };
}

/** 1 where a step is not ahead of the query, [1, queries, steps]: the last query is at the last step. */
function behind(core: Core, queries: number, steps: number): Tensor {
  const seen = new Float32Array(queries * steps);
  for (let query = 0; query < queries; query++) {
    seen.fill(1, query * steps, query * steps + Math.max(0, query + 1 + steps - queries));
  }
  return core.tensor3d(seen, [1, queries, steps]);
}
