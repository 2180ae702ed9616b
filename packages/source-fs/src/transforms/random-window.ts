/** Moves the window of a sound, or cuts one from an array, at random. */
import { defineTransform, isNdArray, MillraceError, type NdArray, sizeOf, zeros } from "@millrace/core";
import { z } from "zod";
import { isDeferredSound, windowStart } from "../sound/deferred-sound.js";

type Sample = Readonly<Record<string, unknown>>;

export default defineTransform({
  name: "random-window",
  summary: "a part of a sound, or of any sequence, at random",
  deferred: true,
  random: true,
  options: z.strictObject({
    length: z
      .int()
      .positive()
      .optional()
      .describe(
        "frames of the part, along the first axis; a sound that is still a file has those of its source's `seconds`, and only these are read",
      ),
    key: z
      .string()
      .min(1)
      .default("samples")
      .describe("field of the sample that holds the sound or the sequence"),
  }),
  fields: (fields, { key, length }) => {
    const { [key]: field } = fields;
    if (length === undefined || field?.shape === undefined) return fields;
    return { ...fields, [key]: { ...field, shape: [length, ...field.shape.slice(1)] } };
  },
  create({ key, length }) {
    return (sample: Sample, { random }) => {
      const value = typeof sample === "object" && sample !== null ? sample[key] : undefined;
      const place = random.uniform();
      if (length === undefined) {
        if (isDeferredSound(value)) return { ...sample, [key]: value.windowAt(place) };
      } else if (isDeferredSound(value)) {
        const whole = Promise.resolve(value.materialize());
        return whole.then((made) => ({ ...sample, [key]: part(made, length, place) }));
      } else if (isNdArray(value) && value.shape.length > 0)
        return { ...sample, [key]: part(value, length, place) };
      throw inputError(value, key, sample);
    };
  },
});

/** `length` rows of the first axis, with 0 behind the end of fewer. */
function part({ dtype, shape, data }: NdArray, length: number, place: number): NdArray {
  const [rows, ...rest] = shape;
  const size = sizeOf(rest);
  const first = windowStart(rows, length, place);
  const own = data.subarray(first * size, Math.min(rows, first + length) * size);
  const made = zeros(dtype, [length, ...rest]);
  made.data.set(own);
  return made;
}

function inputError(value: unknown, key: string, sample: unknown): MillraceError {
  const isArray = isNdArray(value);
  const was = isArray
    ? `${value.dtype} [${value.shape.join(", ")}]`
    : value === undefined
      ? "nothing"
      : typeof value;
  const fields = typeof sample === "object" && sample !== null ? Object.keys(sample).join(", ") : "";
  return new MillraceError(
    "TRANSFORM_INPUT",
    `random-window needs a sound or an array under "${key}", was ${was}`,
    {
      hint: isArray
        ? "State its `length`: only a sound that is still a file has one of its own."
        : `Set \`key\` to the field that holds it${fields === "" ? "" : `; the sample has: ${fields}`}.`,
    },
  );
}
