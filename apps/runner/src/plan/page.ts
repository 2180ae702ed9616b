/** A plan as one HTML page that asks for nothing from anywhere. */
import type { Plan } from "@millrace/core/spec";
import { documentText } from "../report/document.js";
import { type Html, html } from "../report/html.js";
import { style } from "../report/style.js";
import { bytes, count, plural } from "../view/format.js";
import { cardsOf, type CardsOf, outputText } from "./cards.js";
import { picture, pictureStyle } from "./picture.js";
import { lookedText, memoryNote, memoryParts, splitsText } from "./words.js";

export interface PlanPage extends CardsOf {
  /** The spec's file. */
  readonly name: string;
  readonly labels?: readonly string[] | undefined;
  /** Each with its line and column. */
  readonly faults: readonly string[];
}

export function planPage(page: PlanPage): string {
  const { plan, name, labels, faults } = page;
  const cards = cardsOf(page);
  const classes = labels === undefined ? "" : ` · ${plural(labels.length, "class")}`;
  const verdict = faults.length > 0 ? plural(faults.length, "fault") : "can be trained";
  return documentText({
    title: `${name}, a plan`,
    style: style + pictureStyle,
    header: html`<p class="kicker">Millrace plan</p>
<h1>${name} <span class="status ${faults.length > 0 ? "failed" : "finished"}">${verdict}</span></h1>
<p>${splitsText(plan)}${classes}</p>`,
    main: html`<section aria-label="Headline numbers"><dl class="headlines">${headlines(plan)}</dl></section>
${faults.length === 0 ? undefined : html`<section><h2>What stands against it</h2><ul class="faults">${faults.map((fault) => html`<li>${fault}</li>`)}</ul></section>`}
<section><h2>The line</h2>
<div class="narrow">${picture(cards, 1)}</div><div class="middle">${picture(cards, 2)}</div><div class="wide">${picture(cards, 3)}</div>
<p class="quiet">Shapes are those of ${lookedText(plan)}.</p></section>
${layerSection(plan)}${memorySection(plan)}`,
  });
}

function headlines({ epoch, batch, trained, makers }: Plan): Html[] {
  const { steps, batchSize, lastBatch, dropped } = epoch;
  const many = steps === undefined ? "unknown" : steps === Infinity ? "endless" : count(steps);
  const tail =
    dropped !== undefined
      ? `${count(dropped)} dropped`
      : lastBatch === undefined
        ? ""
        : `, the last of ${count(lastBatch)}`;
  const memory = trained?.memory && memoryParts(trained.memory).total;
  const all: (readonly [string, string, string])[] = [
    [
      "Steps of an epoch",
      many,
      batchSize === undefined
        ? "of sizes that the sampler chooses"
        : `of ${plural(batchSize, "sample")}${tail === "" ? "" : tail.startsWith(",") ? tail : `, ${tail}`}`,
    ],
  ];
  if (batch !== undefined) all.push(["A batch", bytes(batch.bytes), madeBy(makers)]);
  if (trained !== undefined) all.push(["Parameters", count(trained.parameters), `on ${trained.device}`]);
  if (memory !== undefined) all.push(["A step holds", bytes(memory), "at least, on the device"]);
  return all.map(
    ([name, value, note]) =>
      html`<div><dt>${name}</dt><dd><strong>${value}</strong><small>${note}</small></dd></div>`,
  );
}

function madeBy({ numWorkers, ahead, bytes: size }: Plan["makers"]): string {
  if (numWorkers === 0) return "made in the main thread";
  if (numWorkers === "auto") return "by as many workers as it is worth";
  const held = ahead === undefined || size === undefined ? "" : `, ${count(ahead)} ahead: ${bytes(size)}`;
  return `by ${plural(numWorkers, "worker")}${held}`;
}

function layerSection({ trained }: Plan): Html | undefined {
  const { layers = [], parameters = 0 } = trained ?? {};
  if (layers.length === 0) return undefined;
  const rows = layers.map(
    ({ name, shape, parameters: own, trainable }) =>
      html`<tr><th scope="row">${name}</th><td>${outputText(shape)}</td><td>${count(own)}</td><td>${own > 0 && trainable < own ? (trainable === 0 ? "frozen" : `${count(trainable)} trained`) : ""}</td></tr>`,
  );
  return html`<section><h2>Layers</h2><div class="scroll"><table><thead><tr><th scope="col">layer</th><th scope="col">output</th><th scope="col">parameters</th><th scope="col"></th></tr></thead><tbody>${rows}<tr><th scope="row">all</th><td></td><td>${count(parameters)}</td><td></td></tr></tbody></table></div></section>`;
}

function memorySection({ trained }: Plan): Html | undefined {
  if (trained?.memory === undefined) return undefined;
  const { parts, total } = memoryParts(trained.memory);
  const rows = parts.map(
    ({ name, bytes: size }) => html`<tr><th scope="row">${name}</th><td>${bytes(size)}</td></tr>`,
  );
  return html`<section><h2>Memory</h2><table class="list"><tbody>${rows}<tr><th scope="row">together</th><td>${bytes(total)}</td></tr></tbody></table><p class="quiet">An estimate of ${memoryNote(trained.memory)}.</p></section>`;
}
