/** What the trained model says of some samples: pictures where the samples are pictures, else a table. */
import type { Prediction } from "@millrace/core";
import { figure, percent } from "../view/format.js";
import { type Html, html } from "./html.js";
import { isImage, pngOf } from "./pixels.js";

export interface PredictionsOptions {
  readonly predictions: readonly Prediction[];
  readonly labels?: readonly string[];
  /** What a person calls the sample at an index of the split. */
  readonly key?: (index: number) => string | undefined;
}

interface Answer {
  readonly name: string;
  readonly truth: string;
  readonly said: string;
  readonly sure: string;
  /** Undefined where numbers are predicted: there is no right or wrong, only near and far. */
  readonly right: boolean | undefined;
  readonly prediction: Prediction;
}

/** The section's content. Pictures that cannot be made leave the table. */
export async function predictionsHtml(options: PredictionsOptions): Promise<Html> {
  const answers = options.predictions.map((prediction) => answerOf(prediction, options));
  if (answers.length === 0) return html``;
  const body = answers.every(({ prediction }) => isImage(prediction.input))
    ? html`<ul class="pictures">${await Promise.all(answers.map(picture))}</ul>`
    : table(answers);
  return html`<h2>Predictions</h2><p>${summary(answers)}</p>${body}`;
}

function answerOf(prediction: Prediction, { labels, key }: PredictionsOptions): Answer {
  const { index, target, predicted, confidence } = prediction;
  const classifies = labels !== undefined || confidence !== undefined;
  const name = (value: number) => labels?.[value] ?? (classifies ? String(value) : figure(value));
  return {
    name: key?.(index) ?? `sample ${index}`,
    truth: name(target),
    said: name(predicted),
    sure: confidence === undefined ? "" : percent(confidence),
    right: classifies ? target === predicted : undefined,
    prediction,
  };
}

function summary(answers: readonly Answer[]): string {
  const judged = answers.filter(({ right }) => right !== undefined);
  if (judged.length === 0) return `${answers.length} samples and what the model says of them.`;
  const wrong = judged.filter(({ right }) => !right).length;
  const share = `${judged.length - wrong} of ${judged.length} samples shown are right`;
  return wrong === 0 ? `${share}.` : `${share}; the others are marked.`;
}

async function picture(answer: Answer): Promise<Html> {
  const { name, truth, said, sure, right, prediction } = answer;
  const [height, width] = prediction.input.shape;
  const verdict = right
    ? html`<b>${said}</b> <span class="mark">✓</span>`
    : html`<b>${said}</b> <span class="mark">✗</span><br>is ${truth}`;
  const words = right ? `${said}, right` : `the model says ${said}, but it is ${truth}`;
  return html`<li class="${right ? "right" : "wrong"}" title="${name}${sure === "" ? "" : `, ${sure} sure`}"><img src="${await pngOf(prediction.input)}" width="${width}" height="${height}" alt="${name}: ${words}"><span>${verdict}</span></li>`;
}

function table(answers: readonly Answer[]): Html {
  const judged = answers.some(({ right }) => right !== undefined);
  const sure = answers.some(({ sure }) => sure !== "");
  const rows = answers.map(
    (answer) =>
      html`<tr class="${answer.right === false ? "wrong" : ""}"><th scope="row">${answer.name}</th><td>${inputText(answer.prediction)}</td><td>${answer.truth}</td><td>${answer.said}</td>${sure ? html`<td>${answer.sure}</td>` : undefined}${judged ? html`<td class="mark">${answer.right ? "✓ right" : "✗ wrong"}</td>` : undefined}</tr>`,
  );
  return html`<div class="scroll"><table class="answers"><thead><tr><th scope="col">sample</th><th scope="col">input</th><th scope="col">true</th><th scope="col">predicted</th>${sure ? html`<th scope="col">sure</th>` : undefined}${judged ? html`<th scope="col">verdict</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

const mostValues = 4;

function inputText({ input: { shape, data } }: Prediction): string {
  const values = Array.from({ length: Math.min(data.length, mostValues) }, (_, i) => figure(data[i]));
  return data.length > mostValues ? `${values.join(", ")}, … (${shape.join(" × ")})` : values.join(", ");
}
