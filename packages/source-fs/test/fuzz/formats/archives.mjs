/** Tar archives: those that Python wrote, by index and as a stream, and one whose headers are mutated before they are summed. */
import { fixture } from "./fixture.mjs";

const block = 512;
const columns = {
  label: { type: "class", from: "cls" },
  age: { type: "float32", from: "json:age" },
  text: { type: "text", from: "txt" },
};

/** Members one after the other, headers without sums. */
function members() {
  const parts = [];
  for (let i = 0; i < 6; i++) {
    const files = {
      cls: i % 2 ? "cat" : "dog",
      json: JSON.stringify({ age: i, tags: ["a"] }),
      txt: `text ${i}`,
    };
    for (const [ending, content] of Object.entries(files))
      parts.push(member(`sample-${i}.${ending}`, content));
  }
  return Buffer.concat(parts);
}

function member(name, content) {
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("0ustar\x0000", 156);
  header.copyWithin(257, 157, 165);
  header.fill(0, 157, 165);
  const body = Buffer.alloc(Math.ceil(content.length / block) * block);
  body.write(content);
  return Buffer.concat([header, body]);
}

/** Every block that could be a header gets the sum that it should have. */
function summed(raw) {
  const tar = Buffer.concat([raw, Buffer.alloc(((block - (raw.length % block)) % block) + 2 * block)]);
  for (let at = 0; at + block <= tar.length; at += block) {
    const header = tar.subarray(at, at + block);
    if (!header.includes("ustar") && !header.includes("sample-")) continue;
    header.fill(" ", 148, 156);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  }
  return tar;
}

const written = ["gnu.tar", "pax.tar", "ustar.tar"];

export const tar = {
  name: "tar",
  source: "tar-shards",
  seeds: () =>
    ["random", "stream"].flatMap((access) => [
      ...written.map((name) => ({
        files: { "a.tar": fixture(`tar/${name}`) },
        options: { shards: "a.tar", access },
      })),
      {
        files: { "a.tar": members() },
        packed: { "a.tar": summed },
        options: { shards: "a.tar", columns, access },
      },
    ]),
};
