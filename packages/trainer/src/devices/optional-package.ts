/** Imports a package that need not be installed, and says what is missing if it is not. */
import { messageOf } from "@millrace/core";
import type { MissingDevice } from "./device.js";

/** `install` is what is to be installed, with versions; `repair` what to do if it is there and does not load. */
export async function importOptional(
  packageName: string,
  install: string,
  repair: string,
): Promise<{ readonly module: unknown } | MissingDevice> {
  try {
    return { module: (await import(packageName)) as unknown };
  } catch (cause) {
    return cannotLoad(packageName, install, repair, cause);
  }
}

export function cannotLoad(
  packageName: string,
  install: string,
  repair: string,
  cause: unknown,
): MissingDevice {
  const { code } = cause as { code?: string };
  const message = messageOf(cause)
    .split("\n")[0]
    .replace(/[. ]+$/, "");
  if (
    (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") &&
    message.includes(`'${packageName}'`)
  ) {
    const hint = `Install it with \`npm install ${install}\`.`;
    return { ready: false, reason: `${packageName} is not installed`, hint, cause };
  }
  return { ready: false, reason: `${packageName} cannot be loaded: ${message}`, hint: repair, cause };
}
