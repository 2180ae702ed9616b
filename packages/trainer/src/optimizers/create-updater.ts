/** Chooses how weights are changed: by compiled code where JavaScript reaches their memory, else by the device. */
import { DeviceUpdater } from "./device-updater.js";
import { canFuse } from "./fused/fuse.js";
import { hostMemory } from "./host-memory.js";
import { HostUpdater } from "./host-updater.js";
import type { Updater, UpdaterOptions } from "./updater.js";

export function createUpdater(options: UpdaterOptions): Updater {
  const memory = hostMemory(options.engine);
  const fits = memory !== undefined && canFuse();
  return fits ? new HostUpdater(options, memory) : new DeviceUpdater(options);
}
