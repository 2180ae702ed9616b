/** What the trained model says of some samples: pictures where the samples are pictures, else a table. */
import type { Prediction, SampleInput } from "@millrace/core/spec";
import { figure, percent } from "../view/format.js";
import { answersTable } from "./answers-table.js";
import { type Html, html } from "./html.js";
import { isImage, pngOf } from "./pixels.js";

export interface PredictionsOptions {
  readonly title: string;
  readonly predictions: readonly Prediction[];
  /** Whether these were chosen for their loss, which is then told. */
  readonly isWorst?: boolean;
  readonly labels?: readonly string[];
  /** Names of the numbers in an input; in the one called features, where there are several. */
  readonly features?: readonly string[];
  /** The same for inputs of other names. */
  readonly elements?: Readonly<Record<string, readonly string[]>>;
  /** What the sample at an index of the split says, where it is a text. */
  readonly text?: (position: number) => Promise<string | undefined>;
}

interface Answer {
  readonly name: string;
  readonly truth: string;
  readonly said: string;
  readonly sure: string;
  readonly loss: string;
  readonly input: string;
  /** Undefined where numbers are predicted: there is no right or wrong, only near and far. */
  readonly right: boolean | undefined;
  readonly prediction: Prediction;
}

/** The section's content; nothing where there are no predictions. */
export async function predictionsHtml(options: PredictionsOptions): Promise<Html | undefined> {
  const { title, predictions, isWorst = false } = options;
  if (predictions.length === 0) return undefined;
  const answers = await Promise.all(predictions.map((prediction) => answerOf(prediction, options)));
  const body = answers.every(({ prediction }) => pictureOf(prediction) !== undefined)
    ? html`<ul class="pictures">${await Promise.all(answers.map((answer) => picture(answer, isWorst)))}</ul>`
    : table(answers, isWorst);
  return html`<h2>${title}</h2><p>${isWorst ? worstSummary(answers) : summary(answers)}</p>${body}`;
}

async function answerOf(prediction: Prediction, options: PredictionsOptions): Promise<Answer> {
  const { labels, text } = options;
  const { index, key, position, target, predicted, confidence, loss } = prediction;
  const classifies = labels !== undefined || confidence !== undefined;
  const name = (value: number) => labels?.[value] ?? (classifies ? String(value) : figure(value));
  return {
    name: key ?? `sample ${index}`,
    truth: name(target),
    said: name(predicted),
    sure: confidence === undefined ? "" : percent(confidence),
    loss: loss === undefined ? "" : figure(loss),
    input: (await text?.(position)) ?? inputText(prediction, options),
    right: classifies ? target === predicted : undefined,
    prediction,
  };
}

function summary(answers: readonly Answer[]): string {
  const judged = answers.filter(({ right }) => right !== undefined);
  const chosen = "Chosen at random, without a look at the answers";
  if (judged.length === 0) return `${chosen}.`;
  const wrong = judged.filter(({ right }) => !right).length;
  const share = `${chosen}: ${judged.length - wrong} of ${judged.length} are right`;
  return wrong === 0 ? `${share}.` : `${share}; the others are marked.`;
}

function worstSummary(answers: readonly Answer[]): string {
  const lead = `The ${answers.length} samples of the whole split with the highest loss, the highest first.`;
  const right = answers.filter(({ right }) => right === true).length;
  if (answers[0].right === undefined || right === 0) return lead;
  return `${lead} ${right === answers.length ? "All" : right} of them are right, but the model is not sure.`;
}

async function picture(answer: Answer, isWorst: boolean): Promise<Html> {
  const { name, truth, said, sure, loss, right, prediction } = answer;
  const image = pictureOf(prediction) ?? prediction.input;
  const [height, width] = image.shape;
  const verdict =
    right === undefined
      ? html`<b>${said}</b><br>is ${truth}`
      : right
        ? html`<span class="verdict"><b>${said}</b><span class="mark">✓</span></span>`
        : html`<span class="verdict"><b>${said}</b><span class="mark">✗</span></span>is ${truth}`;
  const sureness = sure === "" ? "" : `, ${sure} sure`;
  const others = (prediction.inputs ?? []).filter((input) => input !== image).map((each) => namedText(each));
  const beside = others.map((text) => `, ${text}`).join("");
  const words = right ? `${said}, right` : `the model says ${said}, but it is ${truth}`;
  const note = isWorst
    ? html`<br><small>${sure === "" ? `loss ${loss}` : `${sure} sure`}</small>`
    : undefined;
  return html`<li class="${right === false ? "wrong" : "right"}" title="${name}${sureness}${loss === "" ? "" : `, loss ${loss}`}${beside}"><img src="${await pngOf(image)}" width="${width}" height="${height}" alt="${name}: ${words}"><span>${verdict}${note}</span></li>`;
}

function table(answers: readonly Answer[], isWorst: boolean): Html {
  const judged = answers.some(({ right }) => right !== undefined);
  const sure = answers.some((answer) => answer.sure !== "");
  const heads = [
    "input",
    "true",
    "predicted",
    ...(sure ? ["sure"] : []),
    ...(isWorst ? ["loss"] : []),
    ...(judged ? ["verdict"] : []),
  ];
  const rows = answers.map((answer) => ({
    name: answer.name,
    style: answer.right === false ? "wrong" : "",
    cells: [
      answer.input,
      answer.truth,
      answer.said,
      ...(sure ? [answer.sure] : []),
      ...(isWorst ? [answer.loss] : []),
      ...(judged ? [answer.right ? "✓ right" : "✗ wrong"] : []),
    ],
  }));
  return answersTable(heads, rows, { words: [0], ...(judged && { mark: heads.length - 1 }) });
}

const mostValues = 4;

/** What is shown as a picture: the first of the inputs that is one. */
function pictureOf({ input, inputs }: Prediction): SampleInput | undefined {
  const all: readonly SampleInput[] = inputs ?? [input];
  return all.find(isImage);
}

type Names = Pick<PredictionsOptions, "features" | "elements">;

function inputText({ input, inputs }: Prediction, names: Names): string {
  if (inputs === undefined) return valuesText(input, names.features);
  return inputs.map((each) => namedText(each, names)).join("; ");
}

function namedText(
  input: SampleInput & { readonly name: string },
  { features, elements }: Names = {},
): string {
  const names = elements?.[input.name] ?? (input.name === "features" ? features : undefined);
  return `${input.name} ${valuesText(input, names)}`;
}

function valuesText({ shape, data }: SampleInput, features?: readonly string[]): string {
  const names = shape.length === 1 && features?.length === data.length ? features : undefined;
  const values = Array.from({ length: Math.min(data.length, mostValues) }, (_, i) =>
    names === undefined ? figure(data[i]) : `${names[i]} ${figure(data[i])}`,
  );
  return data.length > mostValues ? `${values.join(", ")}, … (${shape.join(" × ")})` : values.join(", ");
}
