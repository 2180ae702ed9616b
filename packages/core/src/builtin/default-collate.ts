/** The collate function that a spec gets unless it names another. */
import { z } from "zod";
import { defaultCollate } from "../data/collate.js";
import { defineCollate } from "../plugin/plugin.js";

export default defineCollate({
  name: "default",
  summary: "stacks arrays and numbers along a new first axis, as torch's default_collate does",
  options: z.strictObject({}),
  create: () => defaultCollate,
});
