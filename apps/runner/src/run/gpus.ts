/** The GPU of each rank, where a host has several ranks: the localRank-th, as programs for torchrun choose theirs. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { ProcessGroup } from "@millrace/core";

/**
 * What CUDA reads when it is loaded. Of GPUs that are named already, by a person or by Slurm, each rank takes one; one alone, or
 * none, stays as it is. Without a name they are counted, by `count`.
 */
export function gpuOfRank(
  { localRank, localSize }: Pick<ProcessGroup, "localRank" | "localSize">,
  env: Readonly<NodeJS.ProcessEnv>,
  count: () => number = nvidiaGpus,
): Readonly<Record<string, string>> {
  if (localSize === 1) return {};
  const { CUDA_VISIBLE_DEVICES: named } = env;
  const gpus = named?.split(",").filter((name) => name.trim() !== "") ?? numbered(count());
  if (gpus.length === 0) return {};
  return {
    CUDA_VISIBLE_DEVICES: gpus[localRank % gpus.length].trim(),
    // The first of several on one GPU would take all of its memory.
    ...(localSize > gpus.length && { TF_FORCE_GPU_ALLOW_GROWTH: env.TF_FORCE_GPU_ALLOW_GROWTH ?? "true" }),
  };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i));
}

/** Those that this process can reach: a container may have fewer than its host. */
function nvidiaGpus(): number {
  if (process.platform === "linux")
    return readdirSync("/dev").filter((name) => /^nvidia\d+$/.test(name)).length;
  const { stdout } = spawnSync("nvidia-smi", ["-L"], { encoding: "utf8", timeout: 10_000 });
  return (stdout ?? "").split("\n").filter((line) => line.startsWith("GPU ")).length;
}
