import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agreeOn, type Logger, type ProcessGroup } from "@millrace/core";
import builtin from "@millrace/core/builtin";
import { testGroup } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

testGroup({ module: import.meta.resolve("@millrace/core/builtin"), name: "sockets" });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-group-"));
});
afterAll(() => rm(folder, { recursive: true }));

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const sockets = builtin.flatMap((item) => (item.kind === "group" ? [item] : []))[0];
let addresses = 0;
const newAddress = () => join(folder, `${addresses++}.sock`);

function seatAt(address: string, rank: number, size: number, more: object = {}): Promise<ProcessGroup> {
  const environment = { MILLRACE_RANK: String(rank), MILLRACE_SIZE: String(size), MILLRACE_GROUP: address };
  return sockets.open({ logger: silent, environment: { ...environment, ...more } });
}

async function ranks(size: number, more: object = {}): Promise<ProcessGroup[]> {
  const address = newAddress();
  return Promise.all(Array.from({ length: size }, (_, rank) => seatAt(address, rank, size, more)));
}

/** What each of them is refused with. */
async function refusals(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((each) => (each.status === "rejected" ? (each.reason as Error).message : "went on"));
}

describe("ranks over sockets", () => {
  it("are refused at the door, each with the reason, where they do not belong together", async () => {
    const address = newAddress();
    const text = /MILLRACE_SIZE must be the same on all ranks, but was 3 on rank 0 and 2 on rank 1/;
    const [zero, one] = await refusals([seatAt(address, 0, 3), seatAt(address, 1, 2)]);
    expect([zero, one]).toEqual([expect.stringMatching(text), expect.stringMatching(text)]);
    const again = newAddress();
    const twice = await refusals([seatAt(again, 0, 3), seatAt(again, 1, 3), seatAt(again, 1, 3)]);
    for (const each of twice) expect(each).toBe("each rank must come once, but there are two of rank 1");
  });

  it("of a second job at the same address are told that it is taken, and disturb nobody", async () => {
    const address = newAddress();
    const [zero, one] = await Promise.all([seatAt(address, 0, 2), seatAt(address, 1, 2)]);
    const [late, second] = await refusals([seatAt(address, 1, 2), seatAt(address, 0, 2)]);
    expect(late).toContain("is complete: another job has that address");
    expect(second).toMatch(/rank 0 cannot listen on .*EADDRINUSE/);
    const values = [Float32Array.of(1), Float32Array.of(2)];
    await Promise.all([zero.sum(values[0]), one.sum(values[1])]);
    expect(values.map(([value]) => value)).toEqual([3, 3]);
    await Promise.all([zero.close(), one.close()]);
  });

  it("say that a port is another program's", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { readonly port: number };
    const [zero, one] = await refusals([
      seatAt(`127.0.0.1:${port}`, 0, 2),
      seatAt(`127.0.0.1:${port}`, 1, 2),
    ]);
    expect(zero).toContain("EADDRINUSE");
    expect(one).toContain("does not take in rank 1 of 2");
  });

  it("that make unlike calls are all told whose and which", async () => {
    const [zero, one] = await ranks(2);
    const text =
      "all ranks must make the same calls in the same order, but rank 0 came to sum and rank 1 to barrier";
    expect(await refusals([zero.sum(new Float32Array(2)), one.barrier()])).toEqual([text, text]);
    const [first, second] = await ranks(2);
    const lengths = "all ranks must give arrays of one length, but rank 0 gave 8 bytes and rank 1 gave 12";
    const sums = [first.sum(new Float32Array(2)), second.sum(new Float32Array(3))];
    expect(await refusals(sums)).toEqual([lengths, lengths]);
  });

  it("do not wait for ever for one that does not come", async () => {
    const [zero, one, two] = await ranks(3, { MILLRACE_GROUP_TIMEOUT: "1" });
    const text = /^rank 2 on .* must come to barrier, but has not within 1 s$/;
    const told = await refusals([zero.barrier(), one.barrier()]);
    for (const each of told) expect(each).toMatch(text);
    await expect(two.barrier()).rejects.toThrow(text);
    await expect(ranks(1, { MILLRACE_GROUP_TIMEOUT: "soon" })).rejects.toThrow('was "soon"');
  });
});

describe("what ranks agree on", () => {
  it("is said by each; differences are named with their paths, ranks and values, on all of them", async () => {
    const groups = await ranks(3);
    const same = { spec: { loader: { batchSize: 32 }, layers: [{ units: 8 }] }, none: undefined, empty: [] };
    await Promise.all(groups.map((group) => agreeOn(group, same, "Start again.")));
    const long = Array.from({ length: 500 }, (_, i) => i);
    const other = {
      spec: { loader: { batchSize: 16 }, layers: [{ units: 8, use: "relu" }] },
      empty: [],
      long,
    };
    const said = [same, other, { ...other, long: long.with(400, 0) }];
    const settled = await Promise.allSettled(
      groups.map((group, i) => agreeOn(group, said[i], "Start again.")),
    );
    const errors = settled.map((each) => (each.status === "rejected" ? (each.reason as object) : undefined));
    for (const error of errors)
      expect(error).toMatchObject({
        code: "GROUP_FAILED",
        hint: "Start again.",
        details: [
          "spec.loader.batchSize: 32 on rank 0, 16 on ranks 1, 2",
          'spec.layers.0.use: absent on rank 0, "relu" on ranks 1, 2',
          expect.stringMatching(
            /^long: absent on rank 0, \[0,1,2.*… \(SHA-256 .*…\) on rank 1, \[0.* on rank 2$/,
          ),
        ],
      });
    await Promise.all(groups.map((group) => group.close()));
  });
});
