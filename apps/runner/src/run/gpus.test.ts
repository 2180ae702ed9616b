import { describe, expect, it } from "vitest";
import { gpuOfRank } from "./gpus.js";

/** What each of so many ranks of a host is told. */
function told(localSize: number, env: NodeJS.ProcessEnv, gpus: number): (string | undefined)[] {
  return Array.from(
    { length: localSize },
    (_, localRank) => gpuOfRank({ localRank, localSize }, env, () => gpus).CUDA_VISIBLE_DEVICES,
  );
}

describe("the GPU of a rank", () => {
  it("is that of its place among the ranks of its host, going round where there are fewer", () => {
    expect(told(4, {}, 4)).toEqual(["0", "1", "2", "3"]);
    expect(told(5, {}, 2)).toEqual(["0", "1", "0", "1", "0"]);
    expect(told(2, {}, 8)).toEqual(["0", "1"]);
  });

  it("is one of those that the environment names, or the one that it names", () => {
    expect(told(4, { CUDA_VISIBLE_DEVICES: "2, 3" }, 8)).toEqual(["2", "3", "2", "3"]);
    const names = { CUDA_VISIBLE_DEVICES: "GPU-8932f937,MIG-7d1" };
    expect(told(2, names, 8)).toEqual(["GPU-8932f937", "MIG-7d1"]);
    expect(told(2, { CUDA_VISIBLE_DEVICES: "5" }, 8)).toEqual(["5", "5"]);
  });

  it("is left alone where there is none, where it was hidden, and where a host has one rank", () => {
    const counted = () => {
      throw new Error("nothing is to be counted");
    };
    expect(gpuOfRank({ localRank: 1, localSize: 2 }, {}, () => 0)).toEqual({});
    expect(gpuOfRank({ localRank: 1, localSize: 2 }, { CUDA_VISIBLE_DEVICES: "" }, counted)).toEqual({});
    expect(gpuOfRank({ localRank: 0, localSize: 1 }, {}, counted)).toEqual({});
    expect(gpuOfRank({ localRank: 0, localSize: 1 }, { CUDA_VISIBLE_DEVICES: "1,2" }, counted)).toEqual({});
  });

  it("gives up its memory bit by bit where several ranks share it, unless a person says otherwise", () => {
    const shared = (env: NodeJS.ProcessEnv, localSize: number) =>
      gpuOfRank({ localRank: 0, localSize }, env, () => 2).TF_FORCE_GPU_ALLOW_GROWTH;
    expect([shared({}, 3), shared({}, 2)]).toEqual(["true", undefined]);
    expect(shared({ TF_FORCE_GPU_ALLOW_GROWTH: "false" }, 3)).toBe("false");
  });
});
