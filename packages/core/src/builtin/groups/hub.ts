/** The two ends of a group over sockets: rank 0, to which all others are connected, and each of those. */
import type { Server, Socket } from "node:net";
import { MillraceError, messageOf } from "../../errors.js";
import { combined } from "./combine.js";
import { type Call, type Frame, kinds, receive, send } from "./frames.js";
import { type Patience, whileWaiting } from "../../plugin/patience.js";

/** One rank's way to all others. */
export interface End {
  /** Settles with what all ranks' bytes come to, when every rank has made this call. */
  call(call: Call, bytes: Uint8Array, channel?: number): Promise<Uint8Array>;
  abort(code: number): void;
  /** After a last barrier: nobody is missed any more. */
  close(): void;
}

/** A rank other than 0, or rank 0 as the others see it. */
export interface Peer {
  readonly rank: number;
  readonly host: string;
  readonly socket: Socket;
}

interface Pending {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/** Seconds by which rank 0 is ahead of the others in giving up. */
const headStart = 5;

type Queues<T> = Map<number, T[]>;

const names = new Map(Object.entries(kinds).map(([name, kind]) => [kind as number, name]));

/** Rank 0: adds up what all gave, in their order, and answers each. */
export function hubOf(server: Server, peers: readonly Peer[], patience: Patience): End {
  const given = [...Array(peers.length + 1)].map((): Queues<Frame> => new Map());
  const own: Queues<Pending> = new Map();
  let fault: MillraceError | undefined;
  let isClosed = false;
  const fail = (error: MillraceError): void => {
    if (isClosed || fault !== undefined) return;
    fault = error;
    const bytes = new TextEncoder().encode(error.message);
    for (const { socket } of peers)
      if (!socket.destroyed) send(socket, { kind: kinds.lost, channel: 0, bytes });
    for (const waiting of own.values()) for (const each of waiting.splice(0)) each.reject(error);
  };
  const answer = (channel: number): void => {
    const heads = given.map((queues) => queues.get(channel)?.[0]);
    if (!heads.every((head) => head !== undefined)) return;
    for (const queues of given) queues.get(channel)?.shift();
    const waiting = own.get(channel)?.shift();
    try {
      const call = sameCall(heads);
      const bytes = combined(
        call,
        heads.map((head) => head.bytes),
      );
      for (const { socket } of peers) send(socket, { kind: kinds[call], channel, bytes });
      waiting?.resolve(bytes);
    } catch (error) {
      const named = MillraceError.from(error, "GROUP_FAILED", messageOf(error));
      waiting?.reject(named);
      fail(named);
    }
  };
  const missing = (channel: number): string => {
    const late = peers.filter(({ rank }) => (given[rank].get(channel)?.length ?? 0) === 0);
    return late.map(({ rank, host }) => `rank ${rank} on ${host}`).join(", ");
  };
  const abort = (code: number, except?: Socket): never => {
    const bytes = new Uint8Array(Uint32Array.of(code).buffer);
    for (const { socket } of peers)
      if (socket !== except) send(socket, { kind: kinds.abort, channel: 0, bytes });
    process.exit(code);
  };
  for (const { rank, host, socket } of peers) {
    receive(socket, (frame) => {
      if (frame.kind === kinds.abort) abort(codeOf(frame), socket);
      queueOf(given[rank], frame.channel).push(frame);
      answer(frame.channel);
    });
    onEnd(socket, () => fail(lost(`rank ${rank} on ${host}`)));
  }
  return {
    call(call, bytes, channel = 0) {
      if (fault !== undefined) return Promise.reject(fault);
      const begin = (resolve: Pending["resolve"], reject: Pending["reject"]): void => {
        queueOf(own, channel).push({ resolve, reject });
        queueOf(given[0], channel).push({ kind: kinds[call], channel, bytes });
        answer(channel);
      };
      const who = () => `${missing(channel)} must come to ${call}`;
      return whileWaiting(patience, begin, who, fail);
    },
    abort,
    close() {
      isClosed = true;
      server.close();
      for (const { socket } of peers) socket.end();
    },
  };
}

/** Any other rank. */
export function spokeOf(hub: Peer, patience: Patience): End {
  const { socket, host } = hub;
  const pending: Queues<Pending> = new Map();
  let fault: MillraceError | undefined;
  let isClosed = false;
  const fail = (error: MillraceError): void => {
    if (isClosed || fault !== undefined) return;
    fault = error;
    for (const waiting of pending.values()) for (const each of waiting.splice(0)) each.reject(error);
  };
  receive(socket, (frame) => {
    if (frame.kind === kinds.abort) process.exit(codeOf(frame));
    if (frame.kind === kinds.lost)
      fail(new MillraceError("GROUP_FAILED", new TextDecoder().decode(frame.bytes)));
    else pending.get(frame.channel)?.shift()?.resolve(frame.bytes);
  });
  onEnd(socket, () => fail(lost(`rank 0 on ${host}`)));
  return {
    call(call, bytes, channel = 0) {
      if (fault !== undefined) return Promise.reject(fault);
      const begin = (resolve: Pending["resolve"], reject: Pending["reject"]): void => {
        queueOf(pending, channel).push({ resolve, reject });
        send(socket, { kind: kinds[call], channel, bytes });
      };
      const who = () => `rank 0 on ${host} must answer ${call}`;
      // Rank 0 knows better who is missing, and says it first.
      const longer = { ...patience, seconds: patience.seconds + headStart };
      return whileWaiting(longer, begin, who, fail);
    },
    abort(code) {
      const bytes = new Uint8Array(Uint32Array.of(code).buffer);
      send(socket, { kind: kinds.abort, channel: 0, bytes });
      process.exit(code);
    },
    close() {
      isClosed = true;
      socket.end();
    },
  };
}

function onEnd(socket: Socket, act: () => void): void {
  socket.unref();
  socket.on("error", act);
  socket.on("close", act);
  if (socket.destroyed) act();
}

function queueOf<T>(queues: Queues<T>, channel: number): T[] {
  const known = queues.get(channel);
  if (known !== undefined) return known;
  const made: T[] = [];
  queues.set(channel, made);
  return made;
}

function sameCall(heads: readonly Frame[]): Call {
  const calls = heads.map(({ kind }) => names.get(kind));
  const other = calls.findIndex((call) => call !== calls[0]);
  if (other < 0) return calls[0] as Call;
  throw new MillraceError(
    "GROUP_FAILED",
    `all ranks must make the same calls in the same order, but rank 0 came to ${calls[0]} and rank ${other} to ${calls[other]}`,
    { hint: "Start every rank with the same spec and the same options." },
  );
}

function codeOf({ bytes }: Frame): number {
  return new Uint32Array(bytes.buffer)[0];
}

function lost(who: string): MillraceError {
  return new MillraceError("GROUP_FAILED", `${who} has ended before the others`, {
    hint: "What it wrote before says why; `millrace resume` goes on from the last checkpoint, with as many ranks as you like.",
  });
}
