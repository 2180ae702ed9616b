/** Tables that name pictures, with the answers beside them. */
import sharp from "sharp";

const names = ["a.png", "b.png", "sub/c.png"];
const csvLines = ["path,label,split", ...names.map((name, i) => `${name},${i % 2 ? "cat" : "dog"},train`)];
const jsonLines = names.map((path, i) => JSON.stringify({ path, kind: i % 2 ? "cat" : "dog", age: i / 2 }));

export const manifest = {
  name: "manifest",
  source: "image-folder",
  seeds: async () => {
    const create = { width: 6, height: 5, channels: 3, background: "#1234ab" };
    const picture = await sharp({ create }).png().toBuffer();
    const pictures = Object.fromEntries(names.map((name) => [name, picture]));
    return [
      {
        files: { ...pictures, "table.csv": Buffer.from(csvLines.join("\n")) },
        mutable: ["table.csv"],
        options: { manifest: "table.csv" },
      },
      {
        files: { ...pictures, "table.csv": Buffer.from(csvLines.join("\r\n")) },
        mutable: ["table.csv"],
        options: { manifest: "table.csv", where: { split: "train" } },
      },
      {
        files: { ...pictures, "table.jsonl": Buffer.from(jsonLines.join("\n")) },
        mutable: ["table.jsonl"],
        options: {
          manifest: "table.jsonl",
          columns: {
            image: { type: "image", from: "path" },
            label: { type: "class", from: "kind" },
            age: "float32",
          },
        },
      },
    ];
  },
};
