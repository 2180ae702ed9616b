/** Attention and a dense network, each behind a normalization and around a residual connection (pre-norm: Xiong et al. 2020). */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import type { AttentionArguments } from "./multi-head-attention.js";
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

export interface BlockArguments extends AttentionArguments {
  /** Units of the dense network between; four times those of a step if not given. */
  readonly feedForwardDim?: number;
  /** Between its two layers; gelu if not given. */
  readonly activation?: string;
  /** Added to variances; 1e-5 if not given. */
  readonly epsilon?: number;
}

const parts = ["attention", "feed_forward"] as const;

/**
 * `transformerBlock` gives sequences of the shape that it is given, [samples, steps, size]:
 * y = x + attention(norm(x)), then y + dense(activation(dense(norm(y)))). `dropout` is that of attention, and of both sums.
 */
export function transformerBlockClass(core: Core, library: Library, attentionClass: LayerClass): LayerClass {
  const { layers, initializers } = library;
  return class TransformerBlock extends layers.Layer {
    static readonly className = "MillraceTransformerBlock";
    readonly attention: Layer;
    readonly between: Layer;
    // One for each place, so that no two drop the same.
    readonly attentionDropout: Layer;
    readonly denseDropout: Layer;
    readonly expandInitializer = initializers.glorotUniform({});
    readonly contractInitializer = initializers.glorotUniform({});
    readonly options: BlockArguments;
    #norms: (readonly [gamma: LayerVariable, beta: LayerVariable])[] = [];
    #dense: (readonly [kernel: LayerVariable, bias: LayerVariable])[] = [];

    constructor(args: BlockArguments & LayerArguments) {
      super(args);
      const { numHeads, keyDim, causal, dropout = 0, useBias, feedForwardDim, activation, epsilon } = args;
      this.options = {
        numHeads,
        keyDim,
        causal,
        dropout,
        useBias,
        feedForwardDim,
        activation,
        epsilon,
      };
      const name = `${this.name}_attention`;
      this.attention = new attentionClass({ numHeads, keyDim, causal, dropout, useBias, name } as never);
      this.between = layers.activation({ activation: (activation ?? "gelu") as never });
      this.attentionDropout = layers.dropout({ rate: dropout });
      this.denseDropout = layers.dropout({ rate: dropout });
      this.supportsMasking = true;
      if (args.trainable === false) this.trainable = false;
    }

    override build(shape: Shape | Shape[]): void {
      const [own] = shapesOf(shape);
      const size = own[own.length - 1] ?? 0;
      const { feedForwardDim: units = 4 * size } = this.options;
      const [zeros, ones] = [initializers.zeros(), initializers.ones()];
      const weight = (name: string, of: number[], initializer: typeof zeros): LayerVariable =>
        this.addWeight(name, of, "float32", initializer);
      this.#norms = parts.map((part) => [
        weight(`${part}_norm_gamma`, [size], ones),
        weight(`${part}_norm_beta`, [size], zeros),
      ]);
      this.#dense = [
        [
          weight("expand_kernel", [size, units], this.expandInitializer),
          weight("expand_bias", [units], zeros),
        ],
        [
          weight("contract_kernel", [units, size], this.contractInitializer),
          weight("contract_bias", [size], zeros),
        ],
      ];
      this.attention.build(own);
      this.built = true;
    }

    override computeOutputShape(shape: Shape | Shape[]): Shape {
      return shapesOf(shape)[0];
    }

    override call(inputs: Tensor | Tensor[], context: CallContext = {}): Tensor {
      return core.tidy(() => {
        const [x] = listOf(inputs);
        const seen = this.attention.call(this.#normed(x, 0), { ...context });
        const y = core.add(x, this.#dropped(this.attentionDropout, listOf(seen)[0], context));
        const [samples, steps, size] = y.shape;
        const rows = core.reshape(this.#normed(y, 1), [-1, size]);
        const wide = listOf(this.between.call(this.#through(rows, 0), {}))[0];
        const made = core.reshape(this.#through(wide, 1), [samples, steps, size]);
        return core.add(y, this.#dropped(this.denseDropout, made, context));
      });
    }

    override get trainableWeights(): LayerVariable[] {
      return [...super.trainableWeights, ...(this.attention?.trainableWeights ?? [])];
    }

    override set trainableWeights(weights: LayerVariable[]) {
      super.trainableWeights = weights;
    }

    override get nonTrainableWeights(): LayerVariable[] {
      return [...super.nonTrainableWeights, ...(this.attention?.nonTrainableWeights ?? [])];
    }

    override set nonTrainableWeights(weights: LayerVariable[]) {
      super.nonTrainableWeights = weights;
    }

    override get trainable(): boolean {
      return super.trainable;
    }

    override set trainable(trainable: boolean) {
      super.trainable = trainable;
      if (this.attention !== undefined) this.attention.trainable = trainable;
    }

    override getConfig() {
      const given = Object.entries(this.options).filter(([, value]) => value !== undefined);
      return { ...super.getConfig(), ...Object.fromEntries(given) };
    }

    #normed(x: Tensor, part: number): Tensor {
      const [gamma, beta] = this.#norms[part];
      const { epsilon = 1e-5 } = this.options;
      const apart = core.sub(x, core.mean(x, -1, true));
      const variance = core.mean(core.square(apart), -1, true);
      const normal = core.mul(apart, core.rsqrt(core.add(variance, epsilon)));
      return core.add(core.mul(normal, gamma.read()), beta.read());
    }

    #through(x: Tensor, layer: number): Tensor {
      const [kernel, bias] = this.#dense[layer];
      return core.add(core.matMul(x as Tensor2D, kernel.read() as Tensor2D), bias.read());
    }

    #dropped(layer: Layer, x: Tensor, { training }: CallContext): Tensor {
      if (training !== true || this.options.dropout === 0) return x;
      return listOf(layer.call(x, { training }))[0];
    }
  };
}
