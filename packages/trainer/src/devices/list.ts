/** What devices there are: each one is tried in a process of its own, so that none stays loaded in this one. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { messageOf } from "@millrace/core";
import { loadEngine } from "../engine.js";
import { devices } from "./choose.js";
import { type DeviceName, deviceNames } from "./device.js";

/** One device: what it is, or why it cannot be used and what would change that. */
export type DeviceReport =
  | { readonly name: DeviceName; readonly ready: true; readonly detail: string }
  | { readonly name: DeviceName; readonly ready: false; readonly reason: string; readonly hint: string };

const script = `
  const [url, name] = process.argv.slice(1);
  const { probeDevice } = await import(url);
  process.stdout.write(JSON.stringify(await probeDevice(name)), () => process.exit(0));
`;
const secondsToAnswer = 120;

export interface ListOptions {
  /** All of them if not given. */
  readonly names?: readonly DeviceName[];
  /** What the processes that try them have as environment; this process's own if not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Tries every device at once, and tells of them best first. Each has a process of its own, which takes a second or so:
 * tfjs-node and tfjs-node-gpu cannot both be in one, a driver may take its process along, and the current device stays what
 * it is. Where its package is not even installed no process is needed. Never throws.
 */
export function listDevices({ names = deviceNames, environment }: ListOptions = {}): Promise<DeviceReport[]> {
  return Promise.all(
    names.map((name) => (isAbsent(name) ? probeDevice(name) : probeElsewhere(name, environment))),
  );
}

function isAbsent(name: DeviceName): boolean {
  const { packageName } = devices.find((each) => each.name === name) ?? {};
  if (packageName === undefined) return false;
  try {
    createRequire(import.meta.url).resolve(packageName);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "MODULE_NOT_FOUND";
  }
}

async function probeElsewhere(
  name: DeviceName,
  environment: ListOptions["environment"],
): Promise<DeviceReport> {
  const entry = createRequire(import.meta.url).resolve("@millrace/trainer");
  const parameters = ["--input-type=module", "-e", script, pathToFileURL(entry).href, name];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, parameters, {
      timeout: secondsToAnswer * 1000,
      ...(environment !== undefined && { env: environment }),
    });
    // Native libraries may print as well; the report is what comes last.
    return JSON.parse(stdout.slice(stdout.lastIndexOf('{"name"'))) as DeviceReport;
  } catch (cause) {
    const { signal, killed } = cause as { signal?: string; killed?: boolean };
    const reason =
      killed === true
        ? `it did not answer within ${secondsToAnswer} seconds`
        : `the process that tried it ended with ${signal ?? firstLine(cause)}`;
    return { name, ready: false, reason, hint: "Repair its driver, or take another device." };
  }
}

/** Opens a device in this process, where it becomes the current one, and has it compute. Never throws. */
export async function probeDevice(name: DeviceName): Promise<DeviceReport> {
  try {
    const engine = await loadEngine();
    const device = devices.find((each) => each.name === name);
    if (device === undefined) throw new Error(`there is no device "${name}"`);
    const opened = await device.open(engine, { isNamed: true });
    if (!opened.ready) return { name, ready: false, reason: opened.reason, hint: opened.hint };
    const product = engine.tidy(() => engine.matMul(engine.ones([3, 4]), engine.ones([4, 5])));
    const values = await product.data();
    product.dispose();
    if (values.every((value) => value === 4)) return { name, ready: true, detail: opened.detail };
    throw new Error("it computes wrong numbers");
  } catch (cause) {
    const hint = "Repair its driver, or take another device.";
    return { name, ready: false, reason: `it cannot compute: ${messageOf(cause)}`, hint };
  }
}

function firstLine(cause: unknown): string {
  const { stderr } = cause as { stderr?: string };
  return (stderr?.trim() || messageOf(cause)).split("\n")[0];
}
