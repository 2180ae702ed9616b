/** The interface behind which every device stands: where tensors live and who computes with them. */
import type { Engine } from "../engine.js";

/** Devices from best to worst. */
export const deviceNames = ["cuda", "webgpu", "native", "wasm", "cpu"] as const;

export type DeviceName = (typeof deviceNames)[number];

/** A device that is ready: `detail` says what it is, in words that follow "is". */
export interface ReadyDevice {
  readonly ready: true;
  readonly detail: string;
}

/** A device that cannot be used here: `reason` follows its name and a colon; `hint` is what to do, in the imperative. */
export interface MissingDevice {
  readonly ready: false;
  readonly reason: string;
  readonly hint: string;
  readonly cause?: unknown;
}

export interface DeviceRequest {
  /** Whether this very device was asked for; otherwise it is used only if it is worth it. */
  readonly isNamed: boolean;
}

export interface Device {
  readonly name: DeviceName;
  /** The package without which it cannot be opened, where that need not be installed. */
  readonly packageName?: string;
  /** Loads the backend and makes it the engine's current one, or says why that cannot be; never throws. Main thread only. */
  open(engine: Engine, request: DeviceRequest): Promise<ReadyDevice | MissingDevice>;
}
