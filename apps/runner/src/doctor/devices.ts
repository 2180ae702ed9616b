/** What can compute here, as the trainers say. */
import type { DeviceInfo } from "@millrace/core/spec";
import { composeDefaults } from "../compose.js";
import { openLog } from "../run/log.js";
import { type Finding, finding } from "./finding.js";

/** The devices of each trainer, best first, by the trainer's name; trainers that need options of a person's own are not asked. */
export async function deviceLists(verbose: boolean): Promise<Map<string, readonly DeviceInfo[]>> {
  const registry = await composeDefaults(openLog({ verbose }).logger);
  const found = new Map<string, readonly DeviceInfo[]>();
  try {
    for (const { plugin } of registry.list("trainer")) {
      const options = plugin.options.safeParse({});
      if (!options.success) continue;
      const context = { baseUrl: new URL("./", import.meta.url), seed: 0 };
      const trainer = await registry.create("trainer", plugin.name, options.data, context);
      try {
        const list = await trainer.listDevices?.();
        if (list !== undefined) found.set(plugin.name, list);
      } finally {
        await trainer.close?.();
      }
    }
    return found;
  } finally {
    await registry.close();
  }
}

/** One device is enough; a faster one is said to be absent, with what adds it. */
export async function deviceFindings(verbose: boolean): Promise<Finding[]> {
  const lists = await deviceLists(verbose);
  const devices = [...lists.values()].flat();
  const isNone = !devices.some(({ available }) => available);
  return devices.map(({ name, available, detail, hint = "See `millrace devices`." }) =>
    finding("devices", name, detail, available ? undefined : hint, !isNone),
  );
}
