/** Tar shards: headers read, samples at random, memory of the index, against Python's tarfile. */
import { join } from "node:path";
import { writeTarShards } from "@millrace/source-fs";

const samples = 20_000;
const reads = 2000;

/** Two entries a sample, 92 MB in all: the bytes of a small photo, and its class. */
async function writeShard(folder) {
  function* all() {
    for (let i = 0; i < samples; i++) {
      const bytes = Buffer.alloc(2800 + (i % 500), i);
      yield { key: String(i).padStart(6, "0"), files: { bin: bytes, cls: i % 100 } };
    }
  }
  const [path] = await writeTarShards(join(folder, "bench-%03d.tar"), all(), { samplesPerShard: samples });
  return path;
}

const options = {
  shards: "bench-000.tar",
  columns: { photo: { type: "bytes", from: "bin" }, label: { type: "class", from: "cls" } },
};

/** Seconds that tarfile takes for the headers, and for each of so many contents, by its entry and by name. */
const script = `
import json, random, sys, tarfile, time
path, reads = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
archive = tarfile.open(path)
members = [each for each in archive.getmembers() if each.name.endswith(".bin")]
headers = time.perf_counter() - start
chosen = random.Random(1).choices(members, k=reads)
def timed(what):
    least = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for each in what:
            archive.extractfile(each).read()
        least = min(least, (time.perf_counter() - start) / len(what))
    return least
print(json.dumps({"headers": headers, "entry": timed(chosen), "name": timed([each.name for each in chosen[:200]])}))
`;

let recorded;
/** The figures of tarfile, taken once. */
function tarfile(python, path) {
  return (recorded ??= python(["tarfile"], script, path, reads));
}

const micro = (milliseconds) => `${(1000 * milliseconds).toFixed(1)} µs`;

async function random({ folder, open, wall, python }) {
  const path = await writeShard(folder);
  const theirs = tarfile(python, path);
  if (theirs === undefined) return undefined;
  const dataset = await open("tar-shards", options);
  const chosen = Array.from({ length: reads }, (_, i) => (i * 7919) % samples);
  const ours =
    (await wall(async () => {
      for (const index of chosen) {
        const sample = dataset.get(index, { epoch: 0 });
        if ((sample instanceof Promise ? await sample : sample).photo.length === 0) throw new Error("empty");
      }
    }, 5)) / reads;
  await dataset.close();
  return {
    ratio: (1000 * theirs.name) / ours,
    ours: `${micro(ours)} a sample`,
    theirs: `${micro(1000 * theirs.name)} by name (${micro(1000 * theirs.entry)} where the program keeps all entries)`,
  };
}

async function headers({ folder, open, wall, python }) {
  const path = await writeShard(folder);
  const theirs = tarfile(python, path);
  if (theirs === undefined) return undefined;
  const ours = await wall(async () => (await open("tar-shards", options)).close(), 5);
  const ms = (time) => `${Math.round(time)} ms`;
  return { ratio: (1000 * theirs.headers) / ours, ours: ms(ours), theirs: ms(1000 * theirs.headers) };
}

async function index({ folder, open }) {
  await writeShard(folder);
  const dataset = await open("tar-shards", options);
  const { keys, members, classes } = dataset.share().index;
  const places = members.byteLength + classes.label.byteLength;
  const names = keys.bytes.byteLength + keys.starts.byteLength;
  await dataset.close();
  const each = (bytes) => (bytes / samples).toFixed(1);
  return {
    ratio: places / samples / 16,
    ours: `${each(places)} bytes, once for all threads (and ${each(names)} for names of 6 letters)`,
    theirs: "16 bytes",
  };
}

export const cases = {
  "tar-random": {
    what: "a sample of a tar shard of 40,000 entries at random, against Python's tarfile",
    atLeast: 20,
    run: random,
  },
  "tar-headers": {
    what: "a shard of 40,000 entries, 92 MB, opened, against Python's tarfile",
    atLeast: 10,
    run: headers,
  },
  "tar-index": {
    what: "memory of the index for each sample of a photo and a class",
    atMost: 1,
    run: index,
  },
};
