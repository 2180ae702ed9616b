import { testTransform } from "@millrace/core/testing";
import { pixels } from "../../test/support.js";
import centerCrop from "./center-crop.js";
import colorJitter from "./color-jitter.js";
import fiveCrop from "./five-crop.js";
import gaussianBlur from "./gaussian-blur.js";
import normalize from "./normalize.js";
import pad from "./pad.js";
import randAugment from "./rand-augment.js";
import randomAdjustSharpness from "./random-adjust-sharpness.js";
import randomAutocontrast from "./random-autocontrast.js";
import randomCrop from "./random-crop.js";
import randomEqualize from "./random-equalize.js";
import randomErasing from "./random-erasing.js";
import randomGrayscale from "./random-grayscale.js";
import randomHorizontalFlip from "./random-horizontal-flip.js";
import randomInvert from "./random-invert.js";
import randomPosterize from "./random-posterize.js";
import randomResizedCrop from "./random-resized-crop.js";
import randomRotation from "./random-rotation.js";
import randomSolarize from "./random-solarize.js";
import randomVerticalFlip from "./random-vertical-flip.js";

const wrongSamples = {
  nothing: {},
  text: { image: "text" },
  null: null,
  "no pixels": { image: { dtype: "uint8", shape: [0, 3, 3], data: new Uint8Array(0) } },
  "two axes": { image: { dtype: "uint8", shape: [3, 3], data: new Uint8Array(9) } },
};
const sample = () => ({ image: pixels(9, 7, 3), label: 1 });
const masked = () => ({ image: pixels(9, 7, 3), mask: pixels(9, 7, 1), label: 1 });
const masks = "mask";

for (const [plugin, options] of [
  [fiveCrop, { size: [4, 5] }],
  [normalize, { mean: [0.5, 0.4, 0.3], std: 0.2 }],
] as const) {
  testTransform({ plugin, options, sample, wrongSamples });
}
for (const [plugin, options] of [
  [centerCrop, { size: 4, masks }],
  [pad, { padding: [1, 2], paddingMode: "reflect", masks: [masks] }],
] as const) {
  testTransform({ plugin, options, sample: masked, wrongSamples });
}
for (const [plugin, options] of [
  [randomCrop, { size: 5, padding: 2, masks }],
  [randomResizedCrop, { size: 6, masks }],
  [randomHorizontalFlip, { masks }],
  [randomVerticalFlip, { masks }],
  [randomRotation, { degrees: 30, expand: true, masks }],
] as const) {
  testTransform({ plugin, options, sample: masked, wrongSamples, random: true });
}
for (const [plugin, options] of [
  [colorJitter, { brightness: 0.5, contrast: [0.5, 2], saturation: 1, hue: 0.5 }],
  [randAugment, { numOps: 3 }],
  [gaussianBlur, { kernelSize: 3 }],
  [randomErasing, { p: 0.9 }],
  [randomGrayscale, { p: 0.5 }],
  [randomAdjustSharpness, { sharpnessFactor: 2 }],
  [randomAutocontrast, {}],
  [randomEqualize, {}],
  [randomInvert, {}],
  [randomPosterize, { bits: 2 }],
  [randomSolarize, { threshold: 128 }],
] as const) {
  // Large enough that each histogram can be evened out.
  testTransform({
    plugin,
    options,
    sample: () => ({ image: pixels(40, 30, 3) }),
    wrongSamples,
    random: true,
  });
}

const bright = () => ({
  label: 2,
  image: { ...pixels(9, 7, 3), data: pixels(9, 7, 3).data.map((value) => value | 128) },
});
testTransform({
  plugin: normalize,
  options: {},
  sample,
  wrongSamples: { ...wrongSamples, gray: { image: pixels(9, 7, 1) } },
  training: () => [bright(), sample()],
});
