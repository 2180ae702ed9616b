/** What fields look like: element type, shape, and in what they differ between several samples. */
import type { FieldType, FieldTypes } from "../../contracts/dataset.js";
import { dtypeOf, isNdArray, isTypedArray } from "../../contracts/ndarray.js";
import { isPlainObject } from "../../data/collate.js";
import { join } from "../../data/collate/kinds.js";

/** The length of an axis: null where a declaration leaves it open, [least, greatest] where samples differ. */
export type Extent = number | null | readonly [number, number];

/** One field of several samples, or batches. */
export interface FieldForm {
  /** Where it stands: "image", "box.width", "pair[0]"; "" for the sample itself. */
  readonly name: string;
  /** An element type; "number" for a loose one whose type the first batch decides; or "text", "date", "bytes", "list", … */
  readonly type: string;
  /** [] for a single value; undefined where samples differ in the number of axes. */
  readonly shape?: readonly Extent[];
  /** True where values are seen, or declared, to differ in shape. */
  readonly ragged: boolean;
  /** How many of those looked at have no value there. */
  readonly missing: number;
}

/** Axes of more values than this are told as a list. */
const mostItems = 4;
const mostDeep = 8;

interface Seen {
  readonly type: string;
  readonly shape: readonly number[];
}

/** The fields of `samples`, in the order in which they are met. `declared` types are those of loose numbers. */
export function formsOf(samples: readonly unknown[], declared: FieldTypes = {}): FieldForm[] {
  const fields = new Map<string, Seen[]>();
  for (const sample of samples) {
    for (const [name, seen] of fieldsOf(sample, "", 0)) {
      const known = fields.get(name);
      if (known === undefined) fields.set(name, [seen]);
      else known.push(seen);
    }
  }
  return [...fields].map(([name, seen]) => merged(name, seen, samples.length, declared[name]));
}

function* fieldsOf(value: unknown, path: string, depth: number): Generator<readonly [string, Seen]> {
  if (isNdArray(value)) yield [path, { type: value.dtype, shape: value.shape }];
  else if (isTypedArray(value)) yield [path, { type: dtypeOf(value) ?? "number", shape: [value.length] }];
  else if (Array.isArray(value)) yield* itemsOf(value, path, depth);
  else if (isPlainObject(value) && depth < mostDeep) {
    for (const [key, item] of Object.entries(value)) yield* fieldsOf(item, join(path, key), depth + 1);
  } else if (value === null || value === undefined) yield [path, single("null")];
  else yield [path, single(kindOf(value))];
}

function* itemsOf(
  items: readonly unknown[],
  path: string,
  depth: number,
): Generator<readonly [string, Seen]> {
  const types = new Set(items.map(kindOf));
  const [type = "value"] = types;
  if (types.size <= 1 && ["number", "text", "bool"].includes(type)) {
    yield [path, { type: `list of ${type}s`, shape: [items.length] }];
  } else if (items.length > mostItems || depth >= mostDeep) {
    yield [path, { type: "list", shape: [items.length] }];
  } else for (const [i, item] of items.entries()) yield* fieldsOf(item, `${path}[${i}]`, depth + 1);
}

function single(type: string): Seen {
  return { type, shape: [] };
}

function kindOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "text";
    case "boolean":
      return "bool";
    case "number":
    case "bigint":
      return "number";
    default:
      return value instanceof Date ? "date" : Array.isArray(value) ? "list" : typeof value;
  }
}

function merged(name: string, all: readonly Seen[], of: number, declared: FieldType | undefined): FieldForm {
  const seen = all.filter(({ type }) => type !== "null");
  const types = new Set(seen.map((each) => typeOf(each, declared)));
  const type = types.size === 0 ? (declared?.type ?? "null") : [...types].join(" or ");
  const shape = type === "bytes" ? [] : mergedShape(seen.map((each) => each.shape));
  const open = declared?.shape?.includes(null) === true && shape !== undefined && shape.length > 0;
  const differs = shape === undefined || shape.some((extent) => typeof extent !== "number");
  return {
    name,
    type,
    ...(shape && { shape }),
    ragged: differs || open,
    missing: of - seen.length,
  };
}

/** What is in no array has the type that is declared for it; bytes of a file are no numbers to learn from. */
function typeOf({ type }: Seen, declared: FieldType | undefined): string {
  if (declared === undefined) return type;
  if (type === "number" || type === "bool") return declared.type;
  return type === "uint8" && declared.type === "bytes" ? "bytes" : type;
}

function mergedShape(shapes: readonly (readonly number[])[]): readonly Extent[] | undefined {
  const [first = [], ...others] = shapes;
  if (others.some((shape) => shape.length !== first.length)) return undefined;
  return first.map((extent, axis) => {
    const extents = shapes.map((shape) => shape[axis]);
    const least = Math.min(...extents);
    const most = Math.max(...extents);
    return least === most ? extent : [least, most];
  });
}

/** "[28, 28, 1]", "[12–40]"; "" for a single value. */
export function shapeText(shape: readonly Extent[] | undefined): string {
  if (shape === undefined) return "[of any number of axes]";
  if (shape.length === 0) return "";
  const extents = shape.map((extent) => {
    if (extent === null) return "any";
    return typeof extent === "number" ? String(extent) : `${extent[0]}–${extent[1]}`;
  });
  return `[${extents.join(", ")}]`;
}

/** True where two fields look alike. */
export function sameForm(a: FieldForm | undefined, b: FieldForm): boolean {
  if (a === undefined) return false;
  return (
    a.type === b.type &&
    a.ragged === b.ragged &&
    a.missing === b.missing &&
    shapeText(a.shape) === shapeText(b.shape)
  );
}
