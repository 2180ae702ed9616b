/** What MySQL and MariaDB refuse, in a person's words. */
import type { Address } from "../connections/address.js";
import { refusedFault, type Refusal } from "../connections/faults.js";

const lostCodes =
  /^(?:PROTOCOL_CONNECTION_LOST|PROTOCOL_ENQUEUE|ER_SERVER_SHUTDOWN|ER_NORMAL_SHUTDOWN|ER_CONNECTION_KILLED|ER_CLIENT_INTERACTION_TIMEOUT|EPIPE|ENOTFOUND|EHOST|ENET|ETIMEDOUT|ECONN|EAI_AGAIN)/;

export function isLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  if (typeof code === "string" && lostCodes.test(code)) return true;
  return /Connection terminated|closed state|Connection lost|Connection was killed|socket has been ended/.test(
    message ?? "",
  );
}

const refusals: Readonly<Record<string, Refusal>> = {
  ER_ACCESS_DENIED_ERROR: "password",
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: "password",
  ER_DBACCESS_DENIED_ERROR: "database",
  ER_BAD_DB_ERROR: "database",
  ER_CON_COUNT_ERROR: "full",
  ER_TOO_MANY_USER_CONNECTIONS: "full",
  ER_USER_LIMIT_REACHED: "full",
  ER_LOCK_WAIT_TIMEOUT: "locked",
  ER_STATEMENT_TIMEOUT: "slow",
  ER_QUERY_TIMEOUT: "slow",
  ER_TABLEACCESS_DENIED_ERROR: "permission",
  ER_COLUMNACCESS_DENIED_ERROR: "permission",
  ER_NO_SUCH_TABLE: "table",
  ER_BAD_FIELD_ERROR: "table",
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: "writes",
};

/** The error for what the server said. */
export function explain(error: unknown, address: Address): unknown {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  // MariaDB's own number for a query that took too long.
  const refusal = errno === 1969 ? "slow" : refusals[String(code)];
  return refusedFault(error, { product: "MySQL", address, refusal, lost: isLost(error) });
}
