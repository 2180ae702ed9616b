/** What photos are trained with: decoded, cropped at random, resized, mirrored, jittered and normalised, against torchvision. */
import { join } from "node:path";
import { transformChain } from "@millrace/core/dataloader";
import plugins from "@millrace/source-fs";
import { writePhotos } from "../images.mjs";

const photos = 128;
const chain = [
  ["random-resized-crop", { size: 224 }],
  ["random-horizontal-flip", {}],
  ["color-jitter", { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }],
  ["normalize", { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }],
];

const torchvision = `
import glob, json, sys, time
import torch
from PIL import Image
from torchvision.transforms import v2
torch.set_num_threads(1)
files = sorted(glob.glob(sys.argv[1] + "/*/*.jpg"))
chain = v2.Compose([
    v2.PILToTensor(),
    v2.RandomResizedCrop(224, antialias=True),
    v2.RandomHorizontalFlip(),
    v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])
least = None
for _ in range(3):
    before = time.process_time()
    for file in files:
        chain(Image.open(file).convert("RGB"))
    took = (time.process_time() - before) * 1000 / len(files)
    least = took if least is None else min(least, took)
print(json.dumps(least))
`;

/** Milliseconds of processor time for an image, by our chain. */
async function ours(open, processor) {
  const source = await open("image-folder", { root: "photos" });
  const context = { baseUrl: new URL("file:///"), seed: 0, facts: {}, fields: {} };
  const links = await Promise.all(
    chain.map(async ([name, options], position) => {
      const plugin = plugins.find((each) => each.kind === "transform" && each.name === name);
      const made = await plugin.create(plugin.options.parse(options), context);
      const apply = typeof made === "function" ? made : made.apply;
      return { name, apply, deferred: plugin.deferred ?? false, position };
    }),
  );
  const dataset = transformChain(source, links, 0);
  let epoch = 0;
  const pass = async () => {
    epoch++;
    for (let index = 0; index < source.length; index++) await dataset.get(index, { epoch });
  };
  const took = (await processor(pass, 4)) / source.length;
  await dataset.close?.();
  return took;
}

export const cases = {
  augment: {
    what: `${photos} photos of 500 × 400 through random-resized-crop 224, flip, color-jitter and normalize, against torchvision`,
    async run({ folder, open, processor, python }) {
      await writePhotos(join(folder, "photos"), photos);
      const theirs = python(["torch", "torchvision"], torchvision, join(folder, "photos"));
      if (theirs === undefined) return undefined;
      const took = await ours(open, processor);
      return { ratio: theirs / took, ours: `${took.toFixed(1)} ms`, theirs: `${theirs.toFixed(1)} ms` };
    },
  },
};
