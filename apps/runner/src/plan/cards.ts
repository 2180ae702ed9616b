/** A plan as a row of cards, one for each stage of the line: what the terminal lists, and the picture draws. */
import { type FieldForm, type Plan, sameForm, shapeText, type Stage } from "@millrace/core/spec";
import type { MillraceError } from "@millrace/core";
import { plural } from "../view/format.js";
import { epochText, formText, makersText, placeText } from "./words.js";

export interface CardLine {
  readonly name: string;
  readonly text: string;
  /** Whether it catches the eye: what differs between samples, and what is gone. */
  readonly mark?: "ragged" | "gone";
}

export interface Card {
  readonly kind: "data" | "transform" | "loader" | "model" | "trainer";
  /** Its place in the spec, from the root. */
  readonly path: readonly (string | number)[];
  /** "transforms[1]" */
  readonly title: string;
  readonly use: string;
  readonly lines: readonly CardLine[];
  readonly notes: readonly string[];
  /** False where training samples pass it by. */
  readonly passed: boolean;
  /** True for a source beside the one before it. */
  readonly beside: boolean;
  readonly faults: readonly string[];
}

/** What cards say beside the plan itself. */
export interface CardsOf {
  readonly plan: Plan;
  readonly use: { readonly collate: string; readonly model: string; readonly trainer: string };
}

export function cardsOf({ plan, use }: CardsOf): Card[] {
  const cards = [...stageCards(plan), ...batchCards(plan, use.collate), modelCard(plan, use.model)];
  cards.push(trainerCard(plan, use.trainer));
  const faults = allFaults(plan);
  return cards.map((card) => ({
    ...card,
    faults: faults.filter((fault) => cardOf(cards, fault) === card).map(({ message }) => message),
  }));
}

/** Each fault by itself. */
export function allFaults({ fault }: Pick<Plan, "fault">): readonly MillraceError[] {
  if (fault === undefined) return [];
  return fault.faults.length > 0 ? fault.faults : [fault];
}

/** The card whose place is the longest that the fault's lies in; the last where it has none. */
function cardOf(cards: readonly Card[], { path = [] }: MillraceError): Card | undefined {
  const within = cards.filter((card) => card.path.every((key, i) => path[i] === key));
  const [nearest] = within.sort((a, b) => b.path.length - a.path.length);
  const first = cards.find((card) => card.path[0] === path[0]);
  return nearest ?? first ?? cards.at(-1);
}

const plain = { passed: true, beside: false, notes: [], faults: [] };

function stageCards({ stages: [train, validation], fitted }: Plan): Card[] {
  const own = validation?.stages.filter(({ path }) => path[0] === "validationSource") ?? [];
  const cards = train.stages.map((stage, at): Card => {
    const isSource = stage.path.length <= 2 && stage.path[0] !== "transforms";
    const before = isSource ? undefined : beforeOf(train.stages, at);
    const learned = fitted.find(({ path }) => String(path) === String(stage.path));
    const own = changed(before, stage);
    const lines = [...own, ...inValidation(validation?.stages ?? [], stage, own, isSource)];
    const only = [stage.only ?? []].flat().join(" and ");
    const notes = [
      !stage.passed && `for ${only} alone: training samples pass it by`,
      stage.passed && only !== "" && `for ${only} alone`,
      stage.passed && lines.length === 0 && stage.looked > 0 && "types and shapes as before",
      stage.looked === 0 && "no sample came so far",
      learned !== undefined && `fitted, to ${plural(learned.samples, "training sample")}`,
    ];
    return {
      ...plain,
      kind: isSource ? "data" : "transform",
      path: stage.path,
      title: placeText(stage.path),
      use: stage.use,
      lines,
      notes: notes.filter((note) => note !== false),
      passed: stage.passed,
      beside: isSource && at > 0,
    };
  });
  const beside = own.map((stage): Card => {
    const about = {
      title: "validationSource",
      use: stage.use,
      lines: stage.fields.map(lineOf),
      beside: true,
    };
    return { ...plain, kind: "data", path: stage.path, ...about };
  });
  const sources = cards.findLastIndex(({ kind }) => kind === "data");
  return [...cards.slice(0, sources + 1), ...beside, ...cards.slice(sources + 1)];
}

/** What a sample was like before this stage: behind several sources, what any of them gives. */
function beforeOf(stages: readonly Stage[], at: number): readonly FieldForm[] {
  return stages[at - 1]?.fields ?? [];
}

function changed(before: readonly FieldForm[] | undefined, { fields, passed, looked }: Stage): CardLine[] {
  if (!passed || looked === 0) return [];
  if (before === undefined) return fields.map(lineOf);
  const known = new Map(before.map((field) => [field.name, field]));
  const now = new Set(fields.map(({ name }) => name));
  const gone = before.filter(({ name }) => !now.has(name));
  return [
    ...fields.filter((field) => !sameForm(known.get(field.name), field)).map(lineOf),
    ...gone.map(({ name }): CardLine => ({ name: shown(name), text: "gone", mark: "gone" })),
  ];
}

/** What the stage makes of validation samples, where that is not what it makes of others. */
function inValidation(
  stages: readonly Stage[],
  { path }: Stage,
  own: readonly CardLine[],
  isSource: boolean,
): CardLine[] {
  const at = stages.findIndex((each) => String(each.path) === String(path));
  if (at < 0) return [];
  const lines = changed(isSource ? undefined : beforeOf(stages, at), stages[at]);
  const same = lines.filter(({ name, text }) => own.some((line) => line.name === name && line.text === text));
  return same.length === lines.length
    ? []
    : lines.map((line) => ({ ...line, text: `${line.text} in validation` }));
}

function lineOf(field: FieldForm): CardLine {
  const line = { name: shown(field.name), text: formText(field) };
  return field.ragged ? { ...line, mark: "ragged" } : line;
}

/** A sample that is no object has no name. */
function shown(name: string): string {
  return name === "" ? "sample" : name;
}

function batchCards({ batch, epoch, makers }: Plan, collate: string): Card[] {
  const notes = [epochText(epoch), makersText(makers, batch?.bytes)];
  const lines = batch?.fields.map(lineOf) ?? [];
  return [
    { ...plain, kind: "loader", path: ["loader"], title: "loader.collate", use: collate, lines, notes },
  ];
}

function modelCard({ trained, batch }: Plan, use: string): Card {
  const about = { ...plain, kind: "model", path: ["model"], title: "model", use } as const;
  if (trained === undefined) return { ...about, lines: [] };
  const { inputs, layers = [], output, parameters } = trained;
  const fields = new Map(batch?.fields.map((field) => [field.name, field]));
  const trainable = layers.reduce((sum, layer) => sum + layer.trainable, 0);
  const frozen =
    layers.length > 0 && trainable < parameters
      ? `, ${plural(trainable, "of them trained").replace(/s$/, "")}`
      : "";
  return {
    ...about,
    lines: [
      ...inputs.map(({ name, dtype, shape }) => ({
        name: `input ${name}`,
        text: `${dtype} ${shapeText(fields.get(name)?.shape?.slice(1) ?? shape) || "[]"}`,
      })),
      ...(output === undefined
        ? []
        : [{ name: "output", text: `${output.gives} ${outputText(output.shape)}` }]),
    ],
    notes: [`${plural(parameters, "parameter")}${frozen}`],
  };
}

function trainerCard({ trained }: Plan, use: string): Card {
  const about = { ...plain, kind: "trainer", path: ["trainer"], title: "trainer", use } as const;
  if (trained === undefined) return { ...about, lines: [] };
  const { target, output, device, reason } = trained;
  const compared =
    target === undefined || output === undefined
      ? []
      : [
          {
            name: `target ${target.name}`,
            text: `${target.dtype}${target.shape.length === 0 ? "" : ` [${target.shape.join(", ")}]`}`,
          },
        ];
  return { ...about, lines: compared, notes: [`on ${device}: ${reason}`] };
}

export function outputText(shape: readonly (number | null)[]): string {
  return `[${shape.map((extent) => extent ?? "any").join(", ")}]`;
}
