/** Long rows of numbers, such as sounds, as a line of text: how far they swing, piece by piece. */
import { isNdArray, type NdArray } from "@millrace/core";
import { figure, plural } from "../view/format.js";
import type { Colors } from "../view/terminal.js";
import { barsOf } from "./table.js";
import { columnsOf, type LookedBatch, nameText, rowOf } from "./looked.js";

/** Shorter rows are told number by number. */
const shortest = 128;
const mostSamples = 3;
const pieces = 48;

/** Float arrays of [samples, steps] or [samples, steps, channels], with few channels and many steps. */
export function isWave(values: NdArray | readonly unknown[]): values is NdArray {
  if (!isNdArray(values) || !values.dtype.startsWith("float")) return false;
  const [, steps = 0, channels = 1] = values.shape;
  return values.shape.length >= 2 && values.shape.length <= 3 && steps >= shortest && channels <= 8;
}

export function waveLines(batch: LookedBatch, colors: Colors): string[] {
  return columnsOf(batch.data).flatMap(({ name, values }) => {
    if (!isWave(values)) return [];
    const rows = Array.from({ length: Math.min(mostSamples, values.shape[0]) }, (_, row) => {
      const { least, greatest, swings } = envelope(rowOf(values, row));
      const label = batch.names[row] === undefined ? `row ${row}` : nameText(batch.names[row]);
      return `    ▕${barsOf(swings)}▏ ${colors.dim(`${figure(least)} to ${figure(greatest)}`)}  ${label}`;
    });
    const steps = `${plural(values.shape[1], "step")}${values.shape.length > 2 ? `, ${plural(values.shape[2], "channel")}` : ""}`;
    return [
      "",
      `  ${colors.cyan(name)} ${colors.dim(`${steps}: the swing of each ${pieces}th part`)}`,
      ...rows,
    ];
  });
}

function envelope({ data }: NdArray) {
  let least = Infinity;
  let greatest = -Infinity;
  const swings = new Array<number>(pieces).fill(0);
  for (let i = 0; i < data.length; i++) {
    least = Math.min(least, data[i]);
    greatest = Math.max(greatest, data[i]);
    const piece = Math.floor((i * pieces) / data.length);
    swings[piece] = Math.max(swings[piece], Math.abs(data[i]));
  }
  return { least, greatest, swings };
}
