/** A server of a test's own, in a temporary folder on a free port, that can be killed and started again. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import mysql from "mysql2/promise";
import pg from "pg";

export interface OwnServer {
  readonly url: string;
  exec(sql: string): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function eventually(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries > 200) throw error;
      await delay(100);
    }
  }
}

const isRoot = process.getuid?.() === 0;

/** The folder of PostgreSQL's programs; undefined where it is not installed. */
export function postgresPrograms(): string | undefined {
  const base = "/usr/lib/postgresql";
  const versions = existsSync(base) ? readdirSync(base).sort() : [];
  const found = versions
    .map((version) => join(base, version, "bin"))
    .filter((bin) => existsSync(join(bin, "initdb")));
  return found.at(-1);
}

/** What a server of a test's own is to be like. */
export interface OwnOptions {
  /** Further arguments of the server. */
  readonly settings?: (data: string) => readonly string[];
  /** Writes to the folder of its data before it is started. */
  readonly prepare?: (data: string) => void;
}

/** A self-signed certificate for 127.0.0.1, and its key. */
export function certificate(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, "server.crt"), join(folder, "server.key")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert];
  execFileSync("openssl", [...made, ...subject], { stdio: "ignore" });
  chmodSync(key, 0o600);
  return { cert, key };
}

export async function ownPostgres(
  programs: string,
  { settings = () => [], prepare }: OwnOptions = {},
): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
  const data = join(folder, "data");
  const port = await freePort();
  // It refuses to run as root.
  const [uid, gid] = isRoot ? ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"]))) : [];
  if (uid !== undefined) chownSync(folder, uid, gid);
  const owner = uid === undefined ? {} : { uid, gid };
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
    {
      ...owner,
      cwd: folder,
      stdio: "ignore",
    },
  );
  prepare?.(data);
  if (uid !== undefined) for (const name of readdirSync(data)) chownSync(join(data, name), uid, gid);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const exec = async (sql: string) => {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  const start = (): ChildProcess =>
    spawn(
      join(programs, "postgres"),
      ["-D", data, "-p", String(port), "-k", folder, "-h", "127.0.0.1", "-F", ...settings(data)],
      {
        ...owner,
        cwd: folder,
        stdio: "ignore",
      },
    );
  return running({ url, folder, exec, start, signal: "SIGQUIT", ready: () => exec("SELECT 1") });
}

/** True where a server of MariaDB can be started. */
export function hasMariadb(): boolean {
  return existsSync("/usr/sbin/mariadbd") && existsSync("/usr/bin/mariadb-install-db");
}

export async function ownMariadb({ settings = () => [], prepare }: OwnOptions = {}): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-mariadb-"));
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  const port = await freePort();
  const user = isRoot ? ["--user=root"] : [];
  execFileSync(
    "/usr/bin/mariadb-install-db",
    [
      "--no-defaults",
      `--datadir=${data}`,
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
      ...user,
    ],
    { stdio: "ignore" },
  );
  prepare?.(data);
  const url = `mysql://root@127.0.0.1:${port}/`;
  const exec = async (sql: string) => {
    const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
    await connection.query(sql);
    await connection.end();
  };
  const start = (): ChildProcess =>
    spawn(
      "/usr/sbin/mariadbd",
      [
        "--no-defaults",
        `--datadir=${data}`,
        `--port=${port}`,
        `--socket=${join(folder, "s")}`,
        "--bind-address=127.0.0.1",
        ...settings(data),
        ...user,
      ],
      { stdio: "ignore" },
    );
  return running({ url, folder, exec, start, signal: "SIGKILL", ready: () => exec("SELECT 1") });
}

interface Parts extends Pick<OwnServer, "url" | "exec"> {
  readonly folder: string;
  readonly start: () => ChildProcess;
  readonly ready: () => Promise<void>;
  readonly signal: NodeJS.Signals;
}

async function running({ url, folder, exec, start, ready, signal }: Parts): Promise<OwnServer> {
  let server = start();
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, "exit");
  };
  await eventually(ready);
  return {
    url,
    exec,
    kill,
    async start() {
      server = start();
      await eventually(ready);
    },
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
