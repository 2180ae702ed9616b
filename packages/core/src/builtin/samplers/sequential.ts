/** The samples in their own order. */
import { z } from "zod";
import { SequentialSampler } from "../../data/samplers/sequential.js";
import { defineSampler } from "../../plugin/plugin.js";

export default defineSampler({
  name: "sequential",
  summary: "every sample once, in order",
  options: z.strictObject({}),
  create: (_options, { dataset }) => new SequentialSampler(dataset),
});
