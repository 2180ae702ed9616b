/** Chooses the device: the one that was named, or the best there is, with the reasons. */
import { MillraceError } from "@millrace/core";
import type { Engine } from "../engine.js";
import { repairGradients } from "@millrace/tfjs-wasm-kernels";
import { cpu } from "./cpu.js";
import { cuda } from "./cuda.js";
import type { Device, DeviceName, ReadyDevice } from "./device.js";
import { native } from "./native.js";
import { wasm } from "./wasm.js";
import { webgpu } from "./webgpu.js";

/** Best first. */
export const devices: readonly Device[] = [cuda, webgpu, native, wasm, cpu];

export interface ChosenDevice {
  readonly device: DeviceName;
  /** What the device is, and whether it was named or found. */
  readonly reason: string;
  /** For each better device: its name and why it was passed over. */
  readonly skipped: readonly string[];
}

/**
 * Makes a device the engine's current one. `auto` goes down the list; a device that is named must be there, or
 * DEVICE_UNAVAILABLE is raised.
 */
export async function chooseDevice(
  engine: Engine,
  request: "auto" | DeviceName,
  available: readonly Device[] = devices,
): Promise<ChosenDevice> {
  const skipped: string[] = [];
  for (const device of available) {
    if (request !== "auto" && device.name !== request) continue;
    const opened = await device.open(engine, { isNamed: request !== "auto" });
    if (opened.ready) {
      repairGradients(engine);
      return { device: device.name, reason: reasonFor(opened, request), skipped };
    }
    if (request !== "auto") {
      throw new MillraceError(
        "DEVICE_UNAVAILABLE",
        `device "${request}" must be available: ${opened.reason}`,
        {
          hint: `${opened.hint} Or set \`device\` to "auto".`,
          cause: opened.cause,
        },
      );
    }
    skipped.push(`${device.name}: ${opened.reason}`);
  }
  throw new MillraceError("DEVICE_UNAVAILABLE", "no device can be used", { details: skipped });
}

function reasonFor({ detail }: ReadyDevice, request: string): string {
  return `${request === "auto" ? "the best one available" : "as the spec says"}: ${detail}`;
}
