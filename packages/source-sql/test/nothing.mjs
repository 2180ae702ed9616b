/** A model and a trainer that do nothing, for lines whose data alone is of interest. */
import { defineModel, defineTrainer } from "@millrace/core";
import { z } from "zod";

const nothing = { name: "nothing", summary: "nothing", options: z.strictObject({}) };

export default [
  defineModel({ ...nothing, create: () => ({ engine: {}, build: () => ({}) }) }),
  defineTrainer({ ...nothing, create: () => ({ fit: () => ({}) }) }),
];
