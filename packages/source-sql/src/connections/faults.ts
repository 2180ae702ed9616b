/** What servers refuse, in a person's words and without any secret. */
import { MillraceError, messageOf } from "@millrace/core";
import type { Address } from "./address.js";
import { redacted } from "./secrets.js";

/** Why a server refuses, as far as there is more to say than its own words. */
export type Refusal =
  | "password"
  | "database"
  | "tls"
  | "certificate"
  | "full"
  | "pooled"
  | "locked"
  | "slow"
  | "permission"
  | "table"
  | "writes";

const rules: Readonly<Record<Refusal, readonly [rule: string, hint: string]>> = {
  password: [
    "the server must accept the user and password, but refused them",
    "Check the user in `url`, and the variable of the environment that has the password.",
  ],
  database: ["the server must have the database", "Check the last part of `url`."],
  tls: [
    "the server must speak TLS, which `tls` or `url` asks for, but does not",
    "Turn it on at the server; or leave it out, where nobody else can read what passes.",
  ],
  certificate: [
    "the server's certificate must be one that is trusted, and of its name",
    "Name the file of its authority in `tls.ca`, or in `tls.serverName` the name that it has.",
  ],
  full: [
    "the server must have a connection free, but all are in use",
    "Lower `connections` or the number of workers, or raise the server's limit.",
  ],
  pooled: [
    "a connection must lead to one session of the server as long as it lasts, but its statements are gone",
    "Name the server itself in `url`, or a pooler that keeps sessions: not one that shares them out by transaction.",
  ],
  locked: [
    "a table must become free within `lockTimeout`, but stayed locked",
    "Wait until whoever locks it has finished, or raise `lockTimeout`.",
  ],
  slow: [
    "a query must end within `statementTimeout`, but did not",
    "Give the key an index, ask for less, or raise `statementTimeout`.",
  ],
  permission: ["the user must be allowed to read it", "Grant the user SELECT."],
  table: [
    "the database must keep the tables and columns it had when it was opened",
    "Open it again, or read from a copy.",
  ],
  writes: [
    "`query` must be a SELECT, which writes nothing",
    "Give one SELECT that reads what a sample is made of.",
  ],
};

/** What stands in the way of TLS, which Node and both libraries tell alike. */
function refusalOfTls(error: unknown): Refusal | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (/does not support (?:SSL|secure)/i.test(String(message))) return "tls";
  const isCertificate = /CERT|ISSUER|LEAF_SIGNATURE|ALTNAME/.test(String(code));
  return isCertificate || /self.signed certificate|altnames/.test(String(message))
    ? "certificate"
    : undefined;
}

export interface Refused {
  readonly product: string;
  readonly address: Pick<Address, "name" | "secrets">;
  readonly refusal: Refusal | undefined;
  /** True where the connection is gone, or was refused. */
  readonly lost: boolean;
}

export function refusedFault(error: unknown, { product, address, lost, ...told }: Refused): unknown {
  // Also what is no error of the library's, such as a value that does not fit, is not ours to tell.
  if (error instanceof MillraceError || (error as Error | null)?.name === "Unfit") return error;
  const refusal = told.refusal ?? refusalOfTls(error);
  const { name, secrets } = address;
  const said = redacted(messageOf(error) || String((error as { code?: unknown } | null)?.code), secrets);
  // Of the cause no more than its words: what a library keeps with an error may have the password.
  const init = { where: [name], cause: new Error(said) };
  if (refusal === undefined) {
    const rule = lost ? "could not be reached, or went away" : "could not read";
    return new MillraceError("DATABASE_FAILED", `${product} ${rule}: "${name}": ${said}`, {
      ...init,
      hint: lost ? "Check `url`, and that the server is running." : "Check the query and the server's log.",
    });
  }
  const [rule, hint] = rules[refusal];
  const code =
    refusal === "table" ? "TABLE_INVALID" : refusal === "writes" ? "OPTION_INVALID" : "DATABASE_FAILED";
  return new MillraceError(code, `${rule}: "${name}": ${said}`, {
    ...init,
    hint,
    ...(refusal === "writes" && { path: ["query"] }),
  });
}
