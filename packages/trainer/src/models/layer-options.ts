/** A layer as a spec states it. */
import { z } from "zod";
import { layerNames } from "./layer-names.js";

const names = z.string().min(1);

export const layerOptions = z
  .looseObject({
    type: z
      .string()
      .meta({ examples: [...layerNames] })
      .describe("the layer's factory in tfjs-layers, such as conv2d, maxPooling2d, dense, dropout, lstm"),
    name: names
      .optional()
      .describe("what other layers and `freeze` call it; its type and place, as in dense_3, if not given"),
    inputs: z
      .union([names, z.array(names).min(1)])
      .optional()
      .describe(
        'the names of the layers whose outputs it takes; "input" for the data, or its fields by name where the trainer ' +
          "lists several inputs; the layer before it if not given",
      ),
  })
  .describe(
    'one layer; beside "type" stand its own arguments, {"from": "labels.count"} and other facts of the data are filled in',
  );
