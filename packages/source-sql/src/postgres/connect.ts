/** pg, and what it connects with. */
import { messageOf, MillraceError } from "@millrace/core";
import type { Client, ClientConfig } from "pg";
import type { Address } from "../connections/address.js";

/** A connection that is still to be made. */
export async function clientOf(
  address: Address,
  limits: { readonly connectTimeout: number },
): Promise<Client> {
  const { Client } = await loadPg();
  const { host, port, user, password, database, tls, settings } = address;
  const config: ClientConfig = {
    host,
    port,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== "" && { database }),
    ssl: tls ?? false,
    ...(settings !== undefined && { options: settings }),
    application_name: "millrace",
    connectionTimeoutMillis: 1000 * limits.connectTimeout,
    keepAlive: true,
  };
  return new Client(config);
}

async function loadPg() {
  try {
    return (await import("pg")).default;
  } catch (error) {
    throw new MillraceError("PACKAGE_MISSING", `source postgres needs the package pg: ${messageOf(error)}`, {
      hint: "Run `npm install pg`.",
      cause: error,
    });
  }
}
