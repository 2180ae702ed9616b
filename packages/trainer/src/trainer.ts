/** The `tfjs` trainer: mini-batch gradient descent on TensorFlow.js. */
import { defineTrainer } from "@millrace/core";
import { evaluate } from "./after/evaluate.js";
import { deviceInfo } from "./after/device-info.js";
import { exportFormats, exportModel } from "./after/export/export.js";
import { predict } from "./after/predict.js";
import { checkResume, fit } from "./loop/fit.js";
import { check } from "./loop/prepare.js";
import { trainerOptions } from "./options.js";

export default defineTrainer({
  name: "tfjs",
  summary: "mini-batch gradient descent on TensorFlow.js, on the best device there is",
  options: trainerOptions,
  create: (options) => ({
    fit: (context) => fit(options, context),
    takesGroup: true,
    check: (context) => check(options, context),
    checkResume,
    evaluate: (context) => evaluate(options, context),
    predict: (context) => predict(options, context),
    export: (context) => exportModel(options, context),
    exportFormats,
    listDevices: deviceInfo,
  }),
});
