/** Says in words where a worker was when it died or hung, from the cells it wrote and the request it was serving. */
import { cell, laneCount, laneStage, threadStage, transformName, type WorkerCells } from "../wire/cells.js";
import { preview } from "../../data/sample-name.js";
import type { FetchRequest } from "../wire/protocol.js";

export interface Whereabouts {
  /** Innermost first: stage, sample, epoch. */
  readonly where: readonly string[];
  /** Samples that were in hand as well, if any. */
  readonly details: readonly string[];
}

export interface Place {
  readonly cells: WorkerCells;
  readonly workerId: number;
  /** What it was asked for, if anything. */
  readonly request: FetchRequest | undefined;
  /** "sample 17 (digits/3/0017.png)" */
  readonly nameOf: (index: number) => string;
}

/** Of a worker that died: it did so in what it had begun last. */
export function whereItDied({ cells, workerId, request, nameOf }: Place): Whereabouts {
  const { numbers } = cells;
  const stage = numbers[cell.STAGE];
  if (stage === threadStage.START) return { where: ["making its part of the line"], details: [] };
  if (request === undefined || stage === threadStage.IDLE) return { where: ["between batches"], details: [] };
  const epoch = `epoch ${request.epoch}`;
  if (stage === threadStage.COLLATE)
    return { where: ["collating", batchOf(request, workerId), epoch], details: [] };
  const inHand = lanesInHand(numbers);
  const last = inHand.find(({ lane }) => lane === numbers[cell.LAST_LANE]);
  if (last === undefined)
    return {
      where: [stageIn(cells, numbers[cell.LAST_LANE]), batchOf(request, workerId), epoch],
      details: [],
    };
  const others = inHand.filter((other) => other !== last).map(({ sample }) => sample);
  return {
    where: [stageIn(cells, last.lane), sampleOf(request, last.sample, workerId, nameOf), epoch],
    details: others.length === 0 ? [] : [`in hand as well: samples ${preview(others)}`],
  };
}

/** Of a worker that hangs: in one of the samples that it has in hand. */
export function whereItHangs({ cells, workerId, request, nameOf }: Place): readonly string[] {
  const { numbers } = cells;
  const stage = numbers[cell.STAGE];
  if (stage === threadStage.START) return ["making its part of the line"];
  if (request === undefined || stage === threadStage.IDLE) return [];
  if (stage === threadStage.COLLATE) return ["collating", batchOf(request, workerId)];
  const inHand = lanesInHand(numbers);
  if (inHand.length === 0) return [stageIn(cells, numbers[cell.LAST_LANE]), batchOf(request, workerId)];
  const stages = [...new Set(inHand.map(({ lane }) => stageIn(cells, lane)))];
  const samples = inHand.map(({ sample }) => sample);
  const sample =
    samples.length === 1
      ? sampleOf(request, samples[0], workerId, nameOf)
      : `one of samples ${preview(samples)}`;
  return [stages.join(" or "), sample];
}

function lanesInHand(numbers: Float64Array): { lane: number; sample: number }[] {
  return Array.from({ length: laneCount }, (_, lane) => ({
    lane,
    sample: numbers[cell.LANES + 2 * lane],
  })).filter(({ sample }) => sample >= 0);
}

function stageIn(cells: WorkerCells, lane: number): string {
  const stage = lane < 0 ? laneStage.READ : cells.numbers[cell.LANES + 2 * lane + 1];
  return stage >= laneStage.TRANSFORM ? transformName(cells, stage - laneStage.TRANSFORM) : "reading";
}

function sampleOf(request: FetchRequest, sample: number, workerId: number, nameOf: Place["nameOf"]): string {
  return request.type === "fetch" ? nameOf(sample) : `sample ${sample} of shard ${workerId}`;
}

function batchOf(request: FetchRequest, workerId: number): string {
  if (request.type === "pull") return `a batch of shard ${workerId}`;
  const { indices } = request;
  return typeof indices === "number" ? `sample ${indices}` : `batch of samples ${preview(indices)}`;
}
