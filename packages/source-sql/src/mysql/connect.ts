/** mysql2, and what it connects with. */
import { messageOf, MillraceError } from "@millrace/core";
import type { Connection, ConnectionOptions as Config } from "mysql2";
import type { Address } from "../connections/address.js";

/** A connection that is on its way. */
export async function connect(
  address: Address,
  limits: { readonly connectTimeout: number },
): Promise<Connection> {
  const { createConnection } = await loadMysql2();
  const { host, port, user, password, database, tls } = address;
  const config: Config = {
    host,
    port,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== "" && { database }),
    ...(tls !== undefined && { ssl: tls }),
    connectTimeout: 1000 * limits.connectTimeout,
    charset: "utf8mb4",
    timezone: "Z",
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    maxPreparedStatements: 64,
  };
  return createConnection(config);
}

async function loadMysql2() {
  try {
    return (await import("mysql2")).default;
  } catch (error) {
    throw new MillraceError("PACKAGE_MISSING", `source mysql needs the package mysql2: ${messageOf(error)}`, {
      hint: "Run `npm install mysql2`.",
      cause: error,
    });
  }
}
