/** Small photos in a folder per class. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

export interface Photos {
  readonly classes: readonly string[];
  readonly perClass: number;
  /** Width and height of the photo at this place. */
  readonly size?: (at: number) => readonly [number, number];
}

/** Each class has a colour of its own, and a dark corner that shows which way a photo is turned. */
export async function drawPhotos(
  folder: string,
  { classes, perClass, size = () => [24, 16] }: Photos,
): Promise<void> {
  for (const [label, name] of classes.entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let at = 0; at < perClass; at++) {
      const [width, height] = size(at);
      const background = { r: 60 + 60 * label, g: 200 - 20 * at, b: 120 };
      const corner = { create: { width: 6, height: 5, channels: 3 as const, background: "#101010" } };
      await sharp({ create: { width, height, channels: 3, background } })
        .composite([{ input: corner, left: 1, top: 1 }])
        .png()
        .toFile(join(folder, name, `${at}.png`));
    }
  }
}
