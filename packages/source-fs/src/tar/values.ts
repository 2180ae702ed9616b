/** What the files of a sample hold, as what its fields are. */
import { isUtf8 } from "node:buffer";
import { dropped, MillraceError, messageOf, type ValueTools, valueReader } from "@millrace/core";
import { named } from "./faults.js";
import { isNpy, readNpy } from "./arrays.js";
import type { ArrayForm, Plan, TarField } from "./columns.js";

/** The files of one sample that have been read. */
export class Contents {
  readonly #bytes: readonly (Uint8Array | undefined)[];
  readonly #place: (part: number) => string;
  readonly #parsed: unknown[] = [];

  /** By part; `place` says where each lies. */
  constructor(bytes: readonly (Uint8Array | undefined)[], place: (part: number) => string) {
    this.#bytes = bytes;
    this.#place = place;
  }

  bytes(part: number): Uint8Array | undefined {
    return this.#bytes[part];
  }

  place(part: number): string {
    return this.#place(part);
  }

  text(part: number): string | undefined {
    const bytes = this.#bytes[part];
    if (bytes === undefined) return undefined;
    if (!isUtf8(bytes)) throw this.fault(part, "a file of text must be UTF-8");
    // Its byte order mark, if there is one, is no text.
    return decoder.decode(bytes);
  }

  /** The value at `path` in a file of JSON: under that very name, or step by step; undefined where there is none. */
  json(part: number, path: string): unknown {
    if (!(part in this.#parsed)) this.#parsed[part] = this.#parse(part);
    const whole = this.#parsed[part];
    if (isRecord(whole) && Object.hasOwn(whole, path)) return whole[path];
    const steps = path.split(".");
    return steps.reduce<unknown>(
      (value, step) => (isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined),
      whole,
    );
  }

  fault(part: number, rule: string): MillraceError {
    return new MillraceError("FILE_FORMAT", rule, { where: [this.#place(part)] });
  }

  #parse(part: number): unknown {
    const text = this.text(part);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw this.fault(part, `a file of JSON must be JSON: ${messageOf(error)}`);
    }
  }
}

const decoder = new TextDecoder();

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Reads one field of a sample; `dropped` where the sample is to be left out. */
export type FieldReader = (contents: Contents) => unknown;

/** For all fields but images, which are read when their pixels are wanted. Errors: FILE_FORMAT. */
export function fieldReader(field: TarField, { parts }: Plan, classes?: ValueTools["classes"]): FieldReader {
  const { column, places } = field;
  // The sample that is read; a reader of values knows no place.
  let at: Contents | undefined;
  const fault = (rule: string, value: unknown): MillraceError => {
    const files = places.map(
      ({ part, path }) => parts[part].join(";") + (path === undefined ? "" : `:${path}`),
    );
    const isMissing = value === undefined || value === null;
    return new MillraceError("FILE_FORMAT", `field "${column.field}" ${rule}, was ${shown(value)}`, {
      where: [at?.place(places[0].part) ?? ""],
      ...(isMissing && {
        hint: `It is read from ${files.join(", ")}: correct \`from\`, or say with \`missing\` what becomes of samples without it.`,
      }),
    });
  };
  const read = valueReader(column, {
    fault,
    ...(classes && {
      classes: {
        labels: classes.labels,
        indexOf: (name: string) => classes.indexOf(name, () => at?.place(places[0].part) ?? ""),
      },
    }),
  });
  const values = places.map((place) => valueAt(field, place));
  return (contents) => {
    at = contents;
    return read(values.length === 1 ? values[0](contents) : values.map((value) => value(contents)));
  };
}

/** For arrays, whose samples must have the form of the first. Errors: FILE_FORMAT. */
export function arrayReader(
  { column: { field, missing }, places: [{ part }] }: TarField,
  form: ArrayForm,
): FieldReader {
  return (contents) => {
    const bytes = contents.bytes(part);
    if (bytes === undefined && missing === "drop") return dropped;
    if (bytes === undefined) throw contents.fault(part, `a sample must have an array for "${field}"`);
    const array = readNpy(bytes, contents.place(part));
    if (array.dtype === form.dtype && array.shape.length === form.axes) return array;
    const rule = `arrays of "${field}" must all be ${form.dtype} of ${form.axes} axes, as the first is`;
    throw contents.fault(part, `${rule}, was ${array.dtype} [${array.shape.join(", ")}]`);
  };
}

/** A value as `valueReader` takes it. */
function valueAt({ column: { kind } }: TarField, { part, path }: TarField["places"][number]): FieldReader {
  if (path !== undefined) return (contents) => contents.json(part, path);
  if (kind === "bytes") return (contents) => contents.bytes(part);
  if (kind === "text") return (contents) => contents.text(part);
  return (contents) => {
    const bytes = contents.bytes(part);
    if (bytes === undefined || !isNpy(bytes)) return contents.text(part)?.trim();
    const { data, shape } = readNpy(bytes, contents.place(part));
    return shape.length === 0 ? data[0] : data;
  };
}

function shown(value: unknown): string {
  if (value === undefined) return "not there";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? named(value) : (JSON.stringify(value) ?? typeof value);
}

/** What is known before anything is read: that a field is not there, and what becomes of its sample then. */
export function absence({ column }: TarField): "error" | "drop" | "passed on" {
  return column.missing === "error" || column.missing === "drop" ? column.missing : "passed on";
}
