/** What the types of Arrow's schemas are: how their values are laid out, and what these stand for. */
import type { Meaning } from "../columnar/raw.js";
import type { Table } from "./flatbuffers.js";

/** How values are laid out. */
export type Layout =
  | { readonly kind: "null" | "bool" | "struct" | "unknown" }
  /** Numbers of so many bytes. */
  | {
      readonly kind: "numbers";
      readonly width: number;
      readonly isFloat: boolean;
      readonly isSigned: boolean;
    }
  /** Bytes of so many each, or decimals. */
  | { readonly kind: "fixed"; readonly width: number }
  | { readonly kind: "bytes" | "list"; readonly isLarge: boolean }
  | { readonly kind: "views" }
  | { readonly kind: "fixed-list"; readonly size: number };

export const types = [
  "none",
  "null",
  "int",
  "float",
  "binary",
  "utf8",
  "bool",
  "decimal",
  "date",
  "time",
  "timestamp",
  "interval",
  "list",
  "struct",
  "union",
  "fixed-binary",
  "fixed-list",
  "map",
  "duration",
  "large-binary",
  "large-utf8",
  "large-list",
  "run-end",
  "binary-view",
  "utf8-view",
  "list-view",
  "large-list-view",
] as const;

export const int32 = { kind: "numbers", width: 4, isFloat: false, isSigned: true } as const;

/** What a type says of its field. */
export interface TypeDescription {
  readonly layout: Layout;
  readonly meaning: Meaning;
  /** As people call it. */
  readonly type: string;
  /** Buffers of the values, without those of children, and without those whose number the metadata say. */
  readonly buffers: number;
}

const ticks = [1, 1e3, 1e6, 1e9];

/** `about` is the type's own table. Throws a plain Error for what cannot be. */
export function describe(kind: (typeof types)[number], about: Table | undefined): TypeDescription {
  const number = { kind: "number" } as const;
  switch (kind) {
    case "null":
      return { layout: { kind: "null" }, meaning: number, type: "null", buffers: 0 };
    case "int": {
      const layout = about === undefined ? int32 : integers(about);
      const type = `${layout.isSigned ? "int" : "uint"}${layout.width * 8}`;
      return { layout, meaning: number, type, buffers: 2 };
    }
    case "float": {
      const width = [2, 4, 8][about?.int16(0) ?? 0] ?? 0;
      return {
        layout: { kind: "numbers", width, isFloat: true, isSigned: true },
        meaning: number,
        type: `float${width * 8}`,
        buffers: 2,
      };
    }
    case "bool":
      return { layout: { kind: "bool" }, meaning: { kind: "bool" }, type: "bool", buffers: 2 };
    case "binary":
    case "large-binary":
    case "utf8":
    case "large-utf8":
      return { layout: { kind: "bytes", isLarge: kind.startsWith("large") }, ...content(kind), buffers: 3 };
    case "binary-view":
    case "utf8-view":
      return { layout: { kind: "views" }, ...content(kind), buffers: 2 };
    case "fixed-binary":
      return { layout: fixed(about?.int32(0) ?? 0), ...content(kind), buffers: 2 };
    case "decimal":
      return {
        layout: fixed((about?.int32(2, 128) ?? 128) / 8),
        meaning: { kind: "decimal", scale: scaleOf(about) },
        type: "decimal",
        buffers: 2,
      };
    default:
      return timesAndNested(kind, about);
  }
}

function timesAndNested(kind: (typeof types)[number], about: Table | undefined): TypeDescription {
  const whole = (width: number) => ({ ...int32, width });
  switch (kind) {
    case "date": {
      const isDay = about?.int16(0, 1) === 0;
      const meaning = { kind: "instant", ticks: isDay ? 1 / 86_400 : 1e3 } as const;
      return { layout: whole(isDay ? 4 : 8), meaning, type: "date", buffers: 2 };
    }
    case "timestamp":
      return {
        layout: whole(8),
        meaning: { kind: "instant", ticks: unitOf(about, 0) },
        type: "timestamp",
        buffers: 2,
      };
    case "time":
      return {
        layout: whole((about?.int32(1, 32) ?? 32) === 64 ? 8 : 4),
        meaning: { kind: "duration", ticks: unitOf(about, 1) },
        type: "time",
        buffers: 2,
      };
    case "duration":
      return {
        layout: whole(8),
        meaning: { kind: "duration", ticks: unitOf(about, 1) },
        type: "duration",
        buffers: 2,
      };
    case "list":
    case "large-list":
    case "map":
      return {
        layout: { kind: "list", isLarge: kind === "large-list" },
        meaning: other,
        type: "list",
        buffers: 2,
      };
    case "fixed-list": {
      const size = about?.int32(0) ?? 0;
      if (!(size >= 0 && size <= 2 ** 24)) throw new Error(`its schema has lists of ${size} elements`);
      return { layout: { kind: "fixed-list", size }, meaning: other, type: "list", buffers: 1 };
    }
    case "struct":
      return { layout: { kind: "struct" }, meaning: other, type: "struct", buffers: 1 };
    case "interval":
      return { layout: { kind: "unknown" }, meaning: other, type: "interval", buffers: 2 };
    case "list-view":
    case "large-list-view":
      return { layout: { kind: "unknown" }, meaning: other, type: kind, buffers: 3 };
    case "run-end":
      return { layout: { kind: "unknown" }, meaning: other, type: kind, buffers: 0 };
    case "union":
      // A dense one has offsets too.
      return {
        layout: { kind: "unknown" },
        meaning: other,
        type: kind,
        buffers: about?.int16(0) === 1 ? 2 : 1,
      };
    default:
      throw new Error("its schema has a type that is not known");
  }
}

const other: Meaning = { kind: "bytes" };

function content(kind: string): { readonly meaning: Meaning; readonly type: string } {
  const isText = kind.includes("utf8");
  return { meaning: { kind: isText ? "text" : "bytes" }, type: isText ? "text" : "bytes" };
}

export function integers(about: Table): Layout & { kind: "numbers" } {
  const width = about.int32(0) / 8;
  if (![1, 2, 4, 8].includes(width)) throw new Error(`its schema has whole numbers of ${width * 8} bits`);
  return { kind: "numbers", width, isFloat: false, isSigned: about.bool(1) };
}

function fixed(width: number): Layout {
  if (Number.isInteger(width) && width > 0 && width <= 2 ** 20) return { kind: "fixed", width };
  throw new Error(`its schema has values of ${width} bytes`);
}

function scaleOf(about: Table | undefined): number {
  const scale = about?.int32(1) ?? 0;
  if (Math.abs(scale) <= 1000) return scale;
  throw new Error(`its schema has decimals with a scale of ${scale}`);
}

function unitOf(about: Table | undefined, otherwise: number): number {
  const unit = ticks[about?.int16(0, otherwise) ?? otherwise];
  if (unit === undefined) throw new Error("its schema has times of an unknown unit");
  return unit;
}
