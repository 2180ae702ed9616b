/** The line of a run, stage by stage: what each is, and the time that it took for a sample. */
import type { LoaderMetrics } from "@millrace/core/dataloader";
import { type Spec, sourcesOf } from "@millrace/core/spec";
import { count, fineTime, percent, plural } from "../view/format.js";
import type { RunHistory } from "../run/history.js";
import { paceOf } from "../view/narrate.js";
import { type Html, html } from "./html.js";
import type { Report } from "./report.js";

interface Stage {
  readonly name: string;
  /** What it is made of, a line each. */
  readonly parts: readonly string[];
  /** "reading" */
  readonly act: string;
  /** Microseconds of a sample, of the threads together. */
  readonly time: number;
  /** The same by the clock: threads share it. */
  readonly pace: number;
}

/** The section's content; nothing before the line has made a batch, or where it is not known. */
export function stagesHtml({ line, spec, history }: Report): Html | undefined {
  const metrics = line?.metrics();
  if (line === undefined || metrics === undefined || metrics.total.samples === 0) return undefined;
  const stages = stagesOf(spec, metrics, history);
  const longest = Math.max(...stages.map(({ pace }) => pace));
  const items = stages.map(
    ({ name, parts, act, time, pace }) =>
      html`<li><h3>${name}</h3><div class="parts">${parts.map((text) => html`<span>${text}</span>`)}</div><div class="time"><b>${fineTime(time)}</b> ${act}</div><div class="bar" style="--share:${percent(longest > 0 ? pace / longest : 0)}"></div></li>`,
  );
  const skipped =
    line.skipped.length === 0
      ? html`<p class="quiet">Skipped on purpose: nothing.</p>`
      : html`<p>${line.skipped.join(" ")}</p>`;
  return html`<h2>The line</h2><ol class="stages">${items}</ol>
<p>${paceText(stages, metrics, history)}</p>
<p class="quiet">${timesText(metrics.workers.numWorkers)}</p>${skipped}`;
}

function timesText(numWorkers: number): string {
  if (numWorkers === 0) {
    return "Times are per training sample. Without workers all stages share the model’s thread: reading that is answered while the model computes lasts until the thread is free.";
  }
  return `Times are per training sample, summed over ${plural(numWorkers, "worker")}; bars are that sum divided among them.`;
}

function stagesOf(spec: Spec, { total, workers }: LoaderMetrics, history: RunHistory): Stage[] {
  const parameters = history.model?.parameters;
  const threads = Math.max(1, workers.numWorkers);
  const made = (us: number) => ({ time: us, pace: us / threads });
  const sources = sourcesOf(spec);
  const own = sources.flatMap(({ transforms }) => transforms);
  const transforms = [...own, ...spec.transforms].map(({ use, only }) =>
    only === undefined ? use : `${use} (${[only].flat().join(", ")})`,
  );
  const { model, trainer } = spec;
  const models = [model.use, ...(parameters === undefined ? [] : [plural(parameters, "parameter")])];
  const learning = learningTime(total, history);
  return [
    {
      name: sources.length > 1 ? "Sources" : "Source",
      parts: sources.map(({ use: name }) => name),
      act: "reading",
      ...made(total.read.usPerSample),
    },
    {
      name: "Transforms",
      parts: transforms.length === 0 ? ["none"] : transforms,
      act: "transforming",
      ...made(total.transform.usPerSample),
    },
    {
      name: "Loader",
      parts: loaderParts(spec, workers.numWorkers),
      act: "collating",
      ...made(total.collate.usPerSample),
    },
    {
      name: "Model",
      parts: [...models, `by ${trainer.use}`],
      act: "learning",
      time: learning,
      pace: learning,
    },
  ];
}

function loaderParts({ loader }: Spec, numWorkers: number): string[] {
  const { batchSampler, sampler, batchSize, shuffle, collate } = loader;
  return [
    batchSampler === undefined ? `batches of ${count(batchSize)}` : batchSampler.use,
    ...(sampler === undefined ? (shuffle && batchSampler === undefined ? ["shuffled"] : []) : [sampler.use]),
    ...(collate.use === "default" ? [] : [collate.use]),
    numWorkers === 0 ? "no workers" : plural(numWorkers, "worker"),
  ];
}

/** As the trainer measured it, once an epoch has ended: it asks for batches ahead, which a loader takes for waiting. */
function learningTime({ use }: LoaderMetrics["total"], { epochs }: RunHistory): number {
  const { samplesPerSecond, dataWait } = paceOf(epochs);
  return samplesPerSecond > 0 ? (1e6 / samplesPerSecond) * (1 - dataWait) : use.usPerSample;
}

/** Which end of the line waits for the other. */
function paceText(stages: readonly Stage[], { total }: LoaderMetrics, { epochs }: RunHistory): string {
  const share = epochs.length > 0 ? paceOf(epochs).dataWait : total.dataWaitShare;
  const waited = `waited for data ${percent(share)} of the time`;
  if (share < 0.1) return `The model sets the pace: it ${waited}.`;
  const [slowest] = stages.slice(0, -1).toSorted((a, b) => b.pace - a.pace);
  return `The model ${waited}: of what comes before it, ${slowest.act} takes longest.`;
}
