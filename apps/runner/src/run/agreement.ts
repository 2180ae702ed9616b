/** Whether the processes of a run were started alike, before they have anything to do with each other. */
import { agreeOn, type ProcessGroup } from "@millrace/core";
import type { SpecText } from "@millrace/core/spec";
import { version } from "../version.js";

/** What may be each host's own: where batches are made and computed, not which. */
const own: Readonly<Record<string, readonly string[]>> = {
  loader: [
    "numWorkers",
    "prefetchFactor",
    "prefetchBytes",
    "persistentWorkers",
    "pinMemory",
    "timeout",
    "workerMemory",
  ],
};

/** @throws MillraceError GROUP_FAILED, the same on every rank, naming what differs. */
export async function agreeOnStart(
  group: ProcessGroup,
  { value }: SpecText,
  resume: string | undefined,
): Promise<void> {
  await agreeOn(
    group,
    { millrace: version, command: resume === undefined ? "run" : "resume", spec: shared(value) },
    "Start every rank with the same command, spec and --set, on the same version of Millrace; of the loader's options those for workers and prefetching may differ.",
  );
}

function shared(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const sections = Object.entries(value).map(([key, section]: [string, unknown]) => {
    const names = own[key];
    if (names === undefined || typeof section !== "object" || section === null) return [key, section];
    return [key, Object.fromEntries(Object.entries(section).filter(([name]) => !names.includes(name)))];
  });
  return Object.fromEntries(sections) as unknown;
}
