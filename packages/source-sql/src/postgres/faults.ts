/** What PostgreSQL refuses, in a person's words. */
import type { Address } from "../connections/address.js";
import { refusedFault, type Refusal } from "../connections/faults.js";

/** Class 08 and 57P0x: the connection, and the server's going down and coming up; 40001: a state that cannot be had. */
const lostCodes = /^(?:08...|57P0[1235]|40001|25P0[234])$/;

export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (lostCodes.test(code) || /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN|NOTFOUND)/.test(code)) return true;
  return /Connection terminated|timeout expired|connection error and is not queryable|Client was closed/.test(
    (error as Error | null)?.message ?? "",
  );
}

/** True where a statement that was prepared would give other types than it did. */
export function isStale(error: unknown): boolean {
  return codeOf(error) === "0A000" && /cached plan/.test((error as Error).message);
}

/** True where a snapshot is not there any more: who exported it has ended. */
export function isGone(error: unknown): boolean {
  return /^(?:22023|42704|55000)$/.test(codeOf(error));
}

const refusals: Readonly<Record<string, Refusal>> = {
  "28P01": "password",
  "28000": "password",
  "3D000": "database",
  "53300": "full",
  // A statement that was prepared is not there, or is another's.
  "26000": "pooled",
  "42P05": "pooled",
  "55P03": "locked",
  "57014": "slow",
  "42501": "permission",
  "42P01": "table",
  "42703": "table",
  "25006": "writes",
};

/** The error for what PostgreSQL said. */
export function explain(error: unknown, address: Address): unknown {
  return refusedFault(error, {
    product: "PostgreSQL",
    address,
    refusal: isStale(error) ? "table" : refusals[codeOf(error)],
    lost: isLost(error),
  });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
