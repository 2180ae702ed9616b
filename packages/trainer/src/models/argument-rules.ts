/** What the arguments of layers may be: tfjs-layers says so late, in its own words, or trains something else. */
import { didYouMean } from "@millrace/core";
import type { Engine } from "../engine.js";

/** What is wrong with a value, to follow the argument's name; undefined where nothing is. */
type Rule = (value: unknown, engine: Engine) => string | undefined;

const activations = [
  "elu",
  "gelu",
  "gelu_new",
  "hardSigmoid",
  "linear",
  "logSoftmax",
  "mish",
  "relu",
  "relu6",
  "selu",
  "sigmoid",
  "softmax",
  "softplus",
  "softsign",
  "swish",
  "tanh",
];

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;

function be(fits: (value: unknown) => boolean, what: string): Rule {
  return (value) => (fits(value) ? undefined : `must be ${what}, was ${JSON.stringify(value)}`);
}

const count = be(isCount, "a whole number of 1 or more");
const counts = be(
  (value) => isCount(value) || (Array.isArray(value) && value.length > 0 && value.every(isCount)),
  "a whole number of 1 or more, or a list of them",
);
const share = be((value) => typeof value === "number" && value >= 0 && value < 1, "from 0 to below 1");
const flag = be((value) => typeof value === "boolean", "true or false");
const number = be((value) => typeof value === "number", "a number");
/** For what tfjs knows one value of, or what no training here could keep. */
function only(fits: unknown, why: string): Rule {
  return be((value) => value === fits, `${JSON.stringify(fits)}: ${why}`);
}

const wholeNumbers = be(
  (value) => [value].flat().length > 0 && [value].flat().every((each) => Number.isInteger(each)),
  "a whole number or a list of them",
);

function oneOf(...names: readonly string[]): Rule {
  return (value) => {
    if (names.includes(value as string)) return undefined;
    return `must be ${names.join(" or ")}, was ${JSON.stringify(value)}${didYouMean(String(value), names)}`;
  };
}

/** A name, or `{ className, config }`, as tfjs-layers take an initializer. */
function named(what: string, names: (engine: Engine) => readonly string[]): Rule {
  return (value, engine) => {
    const known = names(engine);
    const { className } = (value ?? {}) as { className?: unknown };
    const given = typeof value === "string" ? value : className;
    if (value === null || (typeof given === "string" && isKnown(known, given))) return undefined;
    const hint = typeof given === "string" ? didYouMean(given, known) : "";
    return `must be ${what} of tfjs-layers, was ${JSON.stringify(given ?? value)}${hint}; known: ${known.join(", ")}`;
  };
}

/** Both `heNormal` and the class `HeNormal`. */
function isKnown(known: readonly string[], given: string): boolean {
  return known.some((name) => name === given || name[0].toUpperCase() + name.slice(1) === given);
}

const initializer = named("an initializer", ({ initializers }) => Object.keys(initializers));
const constraint = named("a constraint", ({ constraints }) => Object.keys(constraints));
const regularizer = named("a regularizer", () => ["l1l2", "L1L2"]);
const activation: Rule = (value, engine) => named("an activation", () => activations)(value, engine);

const byName: Readonly<Record<string, Rule>> = {
  units: count,
  filters: count,
  n: count,
  inputDim: count,
  outputDim: count,
  numTokens: count,
  height: count,
  width: count,
  depthMultiplier: count,
  kernelSize: counts,
  poolSize: counts,
  strides: counts,
  dilationRate: counts,
  size: counts,
  dims: wholeNumbers,
  targetShape: be(
    (value) => Array.isArray(value) && value.every((each) => each === null || Number.isInteger(each)),
    "a list of whole numbers",
  ),
  rate: share,
  dropout: share,
  recurrentDropout: share,
  useBias: flag,
  returnSequences: flag,
  returnState: only(false, "a layer hands on one output"),
  resetAfter: only(false, "tfjs has gated recurrent units of the other form alone"),
  goBackwards: flag,
  stateful: only(false, "every sample is a sequence of its own, and no checkpoint would hold the states"),
  unroll: flag,
  maskZero: flag,
  trainable: flag,
  unitForgetBias: flag,
  stddev: number,
  epsilon: number,
  momentum: number,
  alpha: number,
  theta: number,
  activation,
  recurrentActivation: activation,
  dataFormat: oneOf("channelsFirst", "channelsLast"),
  interpolation: oneOf("nearest", "bilinear"),
  numHeads: count,
  keyDim: count,
  feedForwardDim: count,
  maxLength: count,
  causal: flag,
  kind: oneOf("learned", "sinusoidal"),
  mergeMode: oneOf("sum", "mul", "concat", "ave"),
  depthwiseInitializer: initializer,
};

/** tfjs passes over it, or has no gradient of it. */
const undilated = be(
  (value) => [value].flat().every((each) => each === 1),
  "1: tfjs trains no dilation of this layer",
);

/** Arguments whose name means something else for a type. */
const byType: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  batchNormalization: { center: flag, scale: flag },
  layerNormalization: { center: flag, scale: flag },
  rescaling: { scale: number, offset: number },
  conv1d: { padding: oneOf("valid", "same", "causal") },
  conv2dTranspose: { dilationRate: undilated },
  conv3d: { dilationRate: undilated },
  conv3dTranspose: { dilationRate: undilated },
  convLstm2d: { dilationRate: undilated },
  depthwiseConv2d: { dilationRate: undilated },
  separableConv2d: { dilationRate: undilated },
  elu: { alpha: only(1, "tfjs has no other") },
  prelu: {},
};

const required: Readonly<Record<string, readonly string[]>> = {
  activation: ["activation"],
  alphaDropout: ["rate"],
  bidirectional: ["layer"],
  categoryEncoding: ["numTokens"],
  centerCrop: ["height", "width"],
  conv1d: ["filters", "kernelSize"],
  conv2d: ["filters", "kernelSize"],
  conv2dTranspose: ["filters", "kernelSize"],
  conv3d: ["filters", "kernelSize"],
  conv3dTranspose: ["filters", "kernelSize"],
  convLstm2d: ["filters", "kernelSize"],
  cropping2D: ["cropping"],
  dense: ["units"],
  depthwiseConv2d: ["kernelSize"],
  dot: ["axes"],
  dropout: ["rate"],
  embedding: ["inputDim", "outputDim"],
  gaussianDropout: ["rate"],
  gaussianNoise: ["stddev"],
  gru: ["units"],
  gruCell: ["units"],
  lstm: ["units"],
  lstmCell: ["units"],
  multiHeadAttention: ["numHeads"],
  permute: ["dims"],
  repeatVector: ["n"],
  rescaling: ["scale"],
  reshape: ["targetShape"],
  resizing: ["height", "width"],
  rnn: ["cell"],
  separableConv2d: ["filters", "kernelSize"],
  simpleRNN: ["units"],
  simpleRNNCell: ["units"],
  spatialDropout1d: ["rate"],
  stackedRNNCells: ["cells"],
  timeDistributed: ["layer"],
  transformerBlock: ["numHeads"],
};

export interface ArgumentFault {
  readonly argument: string;
  /** Follows the argument's name. */
  readonly message: string;
}

/** Every argument that cannot be, and every one that is missing; `given` has facts of the data filled in. */
export function argumentFaults(
  engine: Engine,
  type: string,
  given: Readonly<Record<string, unknown>>,
): ArgumentFault[] {
  const missing = (required[type] ?? []).filter((argument) => given[argument] === undefined);
  return [
    ...missing.map((argument) => misspelt(argument, type, given) ?? { argument, message: "is required" }),
    ...Object.entries(given).flatMap(([argument, value]) => {
      const message =
        value === undefined || value === null ? undefined : ruleOf(type, argument)?.(value, engine);
      return message === undefined ? [] : [{ argument, message }];
    }),
  ];
}

/** The argument that was meant to be the one that is missing. */
function misspelt(
  missing: string,
  type: string,
  given: Readonly<Record<string, unknown>>,
): ArgumentFault | undefined {
  for (const argument of Object.keys(given)) {
    const hint = ruleOf(type, argument) === undefined ? didYouMean(argument, [missing]) : "";
    if (hint !== "") return { argument, message: `is not known here${hint}` };
  }
  return undefined;
}

function ruleOf(type: string, argument: string): Rule | undefined {
  const own = byType[type]?.[argument] ?? byName[argument];
  if (own !== undefined) return own;
  if (argument === "padding" && /conv|pool/i.test(type)) return oneOf("valid", "same");
  if (argument.endsWith("Initializer")) return initializer;
  if (argument.endsWith("Constraint")) return constraint;
  return argument.endsWith("Regularizer") ? regularizer : undefined;
}
