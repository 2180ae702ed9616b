/** An address, taken apart: what a driver connects with, and what a person may see of it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expandText, fileFault, MillraceError } from "@millrace/core";
import type { ConnectionOptions } from "./options.js";

export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: true;
}

export interface Address {
  /** `host:port/database`: for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database: string;
  readonly tls?: Tls;
  /** Settings of the session, as PostgreSQL takes them: `-c search_path=other`. */
  readonly settings?: string;
  /** What no message may have. */
  readonly secrets: readonly string[];
}

export interface AddressRules {
  /** The protocols that stand before `://`. */
  readonly protocols: readonly string[];
  readonly port: number;
}

/** @throws MillraceError OPTION_INVALID, FILE_NOT_FOUND for a file of `tls`. */
export async function addressOf(
  { url, password, tls }: ConnectionOptions,
  baseUrl: URL,
  { protocols, port }: AddressRules,
): Promise<Address> {
  const parts = parse(expandText(url, ["url"]), protocols);
  const given = password === undefined ? decode(parts.password) : expandText(password, ["password"]);
  // A socket's folder stands in the query: postgres:///wine?host=/run/postgresql.
  const host = parts.searchParams.get("host") ?? decode(parts.hostname).replace(/^\[(.*)\]$/, "$1");
  const database = decode(parts.pathname.slice(1));
  const user = decode(parts.username);
  const name = `${host || "localhost"}:${parts.port || port}${database === "" ? "" : `/${database}`}`;
  const asked = tls === false && wantsTls(parts.searchParams) ? true : tls;
  const files = asked === false ? undefined : await tlsOf(asked === true ? {} : asked, baseUrl);
  const settings = parts.searchParams.get("options");
  return {
    name,
    host: host || "localhost",
    port: Number(parts.port || port),
    database,
    ...(user !== "" && { user }),
    ...(given !== "" && { password: given }),
    ...(files && { tls: files }),
    ...(settings !== null && { settings }),
    secrets: [...new Set([given, encodeURIComponent(given), parts.password])].filter((each) => each !== ""),
  };
}

function parse(url: string, protocols: readonly string[]): URL {
  const [protocol] = protocols;
  const parts = URL.canParse(url) ? new URL(url) : undefined;
  if (parts !== undefined && protocols.includes(parts.protocol.slice(0, -1))) return parts;
  throw new MillraceError(
    "OPTION_INVALID",
    `\`url\` must be an address like ${protocol}://user@host/database, was not one`,
    { path: ["url"], hint: "Check it, and the variables of the environment that it is made of." },
  );
}

/** Whether the address itself asks for TLS, as those of hosted databases do: then it is never read without. */
function wantsTls(parameters: URLSearchParams): boolean {
  for (const [name, value] of parameters) {
    if (/^ssl(?:rootcert|cert|key|ca|crl)$/i.test(name)) {
      throw new MillraceError(
        "OPTION_INVALID",
        `certificates must be named in \`tls\`, was \`${name}\` in \`url\``,
        {
          path: ["url"],
          hint: 'Write them as "tls": { "ca": …, "cert": …, "key": … }, and leave them out of the address.',
        },
      );
    }
    const isMode = /^(?:ssl|sslmode|ssl-mode|tls|usessl|requiressl)$/i.test(name);
    if (isMode && !/^(?:disabled?|allow|preferr?e?d?|false|no|off|0)$/i.test(value)) return true;
  }
  return false;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function tlsOf(
  { ca, cert, key, serverName }: Exclude<ConnectionOptions["tls"], boolean>,
  baseUrl: URL,
): Promise<Tls> {
  const read = async (path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined;
    return readFile(resolve(fileURLToPath(baseUrl), path), "utf8").catch((error: unknown) => {
      throw fileFault(error, path, "cannot be read");
    });
  };
  const [authorities, certificate, secret] = [await read(ca), await read(cert), await read(key)];
  return {
    rejectUnauthorized: true,
    ...(authorities !== undefined && { ca: authorities }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(secret !== undefined && { key: secret }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
