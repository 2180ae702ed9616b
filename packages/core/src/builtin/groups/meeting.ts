/** How ranks find each other over sockets: rank 0 listens, the others come until all are there. */
import { rm, stat } from "node:fs/promises";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { MillraceError, messageOf } from "../../errors.js";
import { kinds, receive, send } from "./frames.js";
import type { Peer } from "./hub.js";

export interface Seat {
  readonly rank: number;
  readonly size: number;
  /** `host:port`, or the path of a Unix socket. */
  readonly address: string;
}

/** Milliseconds in which all ranks have to come. */
const patience = 120_000;

/** What a rank says first, and rank 0's answer: where each rank runs. */
interface Hello {
  readonly millrace: 1;
  readonly rank: number;
  readonly size: number;
  readonly host: string;
}

export interface Met {
  readonly server?: Server;
  /** All others for rank 0, for those rank 0. */
  readonly peers: readonly Peer[];
  /** By rank. */
  readonly hosts: readonly string[];
}

export function meet(seat: Seat): Promise<Met> {
  return seat.rank === 0 ? gatherAll(seat) : join(seat);
}

function placeOf(address: string): ListenOptions & { path: string } {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return { path: address };
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) } as ListenOptions & { path: string };
}

async function gatherAll({ size, address }: Seat): Promise<Met> {
  await removeLeftOver(address);
  const server = createServer({ noDelay: true });
  const peers: Peer[] = [];
  let isComplete = false;
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      const missing = Array.from({ length: size - 1 }, (_, i) => i + 1).filter(
        (rank) => !peers.some((peer) => peer.rank === rank),
      );
      reject(failed(`rank ${missing.join(", ")} must come to ${address} within ${patience / 1000} s`));
    }, patience);
    const done = (error?: Error): void => {
      clearTimeout(late);
      if (error === undefined) resolve();
      else reject(error);
    };
    server.on("error", (error) => done(failed(`rank 0 cannot listen on ${address}: ${messageOf(error)}`)));
    server.on("connection", (socket) => {
      greeted(socket, (hello) => {
        const { rank, host } = hello;
        if (isComplete)
          return refuse(socket, `the group at ${address} is complete: another job has that address`);
        const fault = faultOf(hello, size, peers);
        if (fault !== undefined) {
          refuse(socket, fault);
          return done(failed(fault));
        }
        peers.push({ rank, host, socket });
        socket.on("close", () => done(failed(`rank ${rank} on ${host} has ended before all had come`)));
        if (peers.length === size - 1) done();
      });
    });
    server.listen(placeOf(address), () => size === 1 && done());
  }).catch((error: unknown) => {
    server.close();
    for (const { socket } of peers) refuse(socket, messageOf(error));
    throw error;
  });
  isComplete = true;
  server.unref();
  peers.sort((a, b) => a.rank - b.rank);
  const hosts = [hostname(), ...peers.map(({ host }) => host)];
  const bytes = new TextEncoder().encode(JSON.stringify(hosts));
  for (const { socket } of peers) {
    socket.removeAllListeners("data");
    send(socket, { kind: kinds.hello, channel: 0, bytes });
  }
  return { server, peers, hosts };
}

/** A rank 0 that was killed leaves the file of its socket behind, at which nobody listens. */
async function removeLeftOver(address: string): Promise<void> {
  const { path } = placeOf(address) as { readonly path?: string };
  const isSocket = path !== undefined && (await stat(path).catch(() => undefined))?.isSocket() === true;
  if (!isSocket) return;
  const answer = await connected(address);
  if (answer instanceof Error) await rm(path, { force: true });
  else answer.destroy();
}

/** Whoever else connects is sent away. */
function greeted(socket: Socket, take: (hello: Hello) => void): void {
  socket.on("error", () => undefined);
  receive(socket, ({ bytes }) => {
    const hello = read(bytes) as Partial<Hello> | undefined;
    if (hello?.millrace === 1) take(hello as Hello);
    else socket.destroy();
  });
}

function faultOf({ rank, size, host }: Hello, own: number, peers: readonly Peer[]): string | undefined {
  if (size !== own)
    return `MILLRACE_SIZE must be the same on all ranks, but was ${own} on rank 0 and ${size} on rank ${rank} (${host})`;
  const isKnown = rank === 0 || peers.some((peer) => peer.rank === rank);
  return isKnown ? `each rank must come once, but there are two of rank ${rank}` : undefined;
}

/** Says why, and ends the connection. */
function refuse(socket: Socket, why: string): void {
  if (socket.destroyed) return;
  send(socket, { kind: kinds.lost, channel: 0, bytes: new TextEncoder().encode(why) });
  socket.end();
  socket.unref();
}

async function join({ rank, size, address }: Seat): Promise<Met> {
  const deadline = Date.now() + patience;
  for (;;) {
    const socket = await connected(address);
    if (socket instanceof Error) {
      if (Date.now() > deadline)
        throw failed(`rank 0 must listen on ${address} within ${patience / 1000} s: ${socket.message}`);
      await wait(50);
      continue;
    }
    const hello: Hello = { millrace: 1, rank, size, host: hostname() };
    const bytes = new TextEncoder().encode(JSON.stringify(hello));
    const answered = new Promise<readonly string[]>((resolve, reject) => {
      receive(socket, ({ kind, bytes: said }) => {
        if (kind === kinds.lost) reject(failed(new TextDecoder().decode(said)));
        else resolve((read(said) ?? []) as string[]);
      });
      socket.on("close", () =>
        reject(failed(`rank 0 at ${address} does not take in rank ${rank} of ${size}`)),
      );
    });
    send(socket, { kind: kinds.hello, channel: 0, bytes });
    const hosts = await answered;
    socket.removeAllListeners("data").removeAllListeners("close");
    return { peers: [{ rank: 0, host: hosts[0], socket }], hosts };
  }
}

function connected(address: string): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = connect({ ...placeOf(address), noDelay: true });
    socket.once("error", resolve);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function read(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

function failed(message: string): MillraceError {
  return new MillraceError("GROUP_FAILED", message, {
    hint: "Start as many processes as MILLRACE_SIZE says, each with a MILLRACE_RANK of its own and the same MILLRACE_GROUP.",
  });
}
