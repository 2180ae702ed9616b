/** The suite of each kind, held against a plugin with what a person says of it, and what is put in where nothing is said. */
import {
  type Dataset,
  isNdArray,
  isTypedArray,
  MillraceError,
  type ModelDefinition,
  ndarray,
  type Plugin,
  type PluginKind,
  type Registrable,
} from "@millrace/core";
import type { ModelInput, Registry } from "@millrace/core/spec";
import {
  type CollectedTest,
  collectTests,
  testBatchSampler,
  testCollate,
  testModel,
  testSampler,
  testSource,
  testTrainer,
  testTransform,
} from "@millrace/core/testing";
import { builtModel, tfjsLibrary } from "./models.js";
import { verdictOf } from "./run-tests.js";
import { type Trial, trialsOf } from "./samples.js";

export interface SuiteAsked {
  /** Options as a spec would have them. */
  readonly with: object;
  /** Where paths in the options start. */
  readonly baseUrl: URL;
  /** JSON of samples, or a trial's name. */
  readonly samples?: readonly string[] | undefined;
  /** Of sources: where class names come from. */
  readonly labels?: "names" | "given" | "indices" | undefined;
  /** With the default plugins: what opens datasets and models to try others on. */
  readonly registry: Registry;
  /** Services that plugins may need. */
  readonly services: readonly Registrable[];
}

export interface Contract {
  readonly tests: readonly CollectedTest[];
  /** What was put in, for a person to know. */
  readonly on?: string | undefined;
}

type Held<K extends PluginKind> = (plugin: Plugin<K>, asked: SuiteAsked) => Promise<Contract>;

const suites: { readonly [K in PluginKind]: Held<K> } = {
  async source(plugin, asked) {
    const stream = await isStream(plugin, asked);
    const { labels } = asked;
    const suite = { ...base(plugin, asked), ...(labels && { labels }), ...(stream && { stream }) };
    return { tests: collectTests(() => testSource(suite)), on: stream ? "a stream" : undefined };
  },
  transform: (plugin, asked) =>
    onTrial(asked, ({ samples, fields }) =>
      collectTests(() =>
        testTransform({
          ...base(plugin, asked),
          sample: () => samples()[0],
          training: () => samples().slice(1),
          random: plugin.random ?? false,
          fields,
          facts: { labels: ["no", "yes"] },
        }),
      ),
    ),
  collate: (plugin, asked) =>
    onTrial(asked, ({ samples }) =>
      collectTests(() =>
        testCollate({
          ...base(plugin, asked),
          samples,
          random: plugin.random ?? false,
          facts: { labels: ["no", "yes"] },
        }),
      ),
    ),
  async sampler(plugin, asked) {
    const dataset = await blobs(asked, 30);
    return { tests: collectTests(() => testSampler({ ...base(plugin, asked), dataset })), on: onBlobs };
  },
  async batchSampler(plugin, asked) {
    const dataset = await blobs(asked, 30);
    return { tests: collectTests(() => testBatchSampler({ ...base(plugin, asked), dataset })), on: onBlobs };
  },
  async model(plugin, asked) {
    const library = await tfjsLibrary();
    const input = inputOf(asked.samples);
    const model = await asked.registry.create("model", plugin.name, plugin.options.parse(asked.with), {
      baseUrl: asked.baseUrl,
      seed: 0,
    });
    const inspect = (built: unknown) => builtModel(library, built, input);
    const { outputShape } = inspect(await builtBy(model, library, input));
    const suite = { ...base(plugin, asked), engine: "tfjs", library, input, outputShape, inspect };
    return {
      tests: collectTests(() => testModel(suite)),
      on: `inputs of shape [${input.shape.join(", ")}] and two labels, with TensorFlow.js${asked.samples === undefined ? "; another by --sample" : ""}`,
    };
  },
  async trainer(plugin, asked) {
    const [train, validation] = [await blobs(asked, 120), await blobs(asked, 60)];
    const layers = [{ type: "dense", units: { from: "labels.count" }, activation: "softmax" }];
    const options = asked.registry.list("model").find(({ plugin }) => plugin.name === "layers")
      ?.plugin.options;
    const context = { baseUrl: asked.baseUrl, seed: 0 } as never;
    const model = await asked.registry.create("model", "layers", options?.parse({ layers }), context);
    const suite = { ...base(plugin, asked), model, train, validation, facts: { labels: ["0", "1", "2"] } };
    return { tests: collectTests(() => testTrainer(suite)), on: `${onBlobs} and one dense layer` };
  },
};

/** The first array of the sample that is given; else four numbers. */
function inputOf(given: readonly string[] | undefined): ModelInput {
  const [sample] = given === undefined ? [] : trialsOf(given)[0].samples();
  const arrays = Object.values(Object(sample) as object).map((value) =>
    isTypedArray(value) ? ndarray(value) : value,
  );
  const { shape, dtype } = arrays.find(isNdArray) ?? ({ shape: [4], dtype: "float32" } as const);
  return { shape, dtype, labels: ["no", "yes"] };
}

async function builtBy(model: ModelDefinition, library: unknown, input: ModelInput): Promise<unknown> {
  try {
    return await model.build(library, input, 0);
  } catch (error) {
    throw MillraceError.from(
      error,
      "MODEL_INVALID",
      `build failed for inputs of shape [${input.shape.join(", ")}]`,
    );
  }
}

const onBlobs = "samples of three clouds in the plane";

/** The rules that hold of a plugin. @throws MillraceError OPTION_INVALID where the options do not fit it */
export function contractOf(plugin: Plugin, asked: SuiteAsked): Promise<Contract> {
  const parsed = plugin.options.safeParse(asked.with);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".") || "options"}: ${message}`,
    );
    throw new MillraceError(
      "OPTION_INVALID",
      `${plugin.kind} "${plugin.name}" cannot be tried with these options`,
      {
        details: faults,
        hint: "Say them with --with '{…}', as a spec would.",
      },
    );
  }
  return (suites[plugin.kind] as Held<PluginKind>)(plugin, asked);
}

function base<K extends PluginKind>(plugin: Plugin<K>, { with: options, baseUrl, services }: SuiteAsked) {
  const registers = services.filter((service) => service !== (plugin as unknown));
  return { plugin, options, baseUrl, registers };
}

async function isStream(
  plugin: Plugin<"source">,
  { registry, with: options, baseUrl }: SuiteAsked,
): Promise<boolean> {
  const opened = await registry.create("source", plugin.name, plugin.options.parse(options), {
    baseUrl,
    seed: 0,
  });
  const isMap = "get" in opened && typeof opened.get === "function";
  await opened.close?.();
  return !isMap;
}

/** The first trial that the plugin takes; the first of all where it takes none, to show why not. */
async function onTrial(
  { samples }: SuiteAsked,
  collect: (trial: Trial) => CollectedTest[],
): Promise<Contract> {
  const trials = trialsOf(samples);
  for (const trial of trials) {
    const tests = collect(trial);
    const works = tests.find(({ names }) => /leaves the sample|keeps the samples/.test(names.at(-1) ?? ""));
    if (works !== undefined && (await verdictOf(works)).holds) return { tests, on: trial.name };
  }
  return { tests: collect(trials[0]), on: `${trials[0].name}; another by --sample` };
}

async function blobs({ registry, baseUrl }: SuiteAsked, length: number): Promise<Dataset> {
  const options = { problem: "blobs", length, features: 2, classes: 3, noise: 0.1, stream: false };
  return (await registry.create("source", "generated", options, { baseUrl, seed: 7 })) as Dataset;
}
