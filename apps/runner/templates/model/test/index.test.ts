import { testModel } from "@millrace/core/testing";
import { chooseDevice, type CodeModel, type Engine, loadEngine } from "@millrace/trainer";
import myModel from "../src/index.js";

let tf: Engine;

testModel({
  plugin: myModel,
  options: { hidden: 8 },
  engine: "tfjs",
  async library() {
    tf = await loadEngine();
    await chooseDevice(tf, "cpu");
    return tf;
  },
  input: { shape: [3], dtype: "float32", labels: ["no", "yes"] },
  outputShape: [2],
  inspect(built) {
    const model = built as CodeModel;
    const { variables } = model;
    const output = model.forward(tf.zeros([1, 3]), variables, { training: false, seed: 0 });
    return {
      outputShape: output.shape.slice(1),
      weights: Object.values(variables).map((variable) => variable.dataSync()),
    };
  },
  invalidOptions: [{ name: "nothing between the layers", options: { hidden: 0 } }],
});
