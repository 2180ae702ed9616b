/** What ranks send each other: frames of a kind, a channel and bytes, over a socket. */
import type { Socket } from "node:net";

/** The first number of a frame: a call that all ranks make together, or what one rank says by itself. */
export const kinds = {
  hello: 1,
  sum: 2,
  sum64: 3,
  max: 4,
  gather: 5,
  broadcast: 6,
  barrier: 7,
  lost: 8,
  abort: 9,
} as const;

export type Call = Exclude<keyof typeof kinds, "hello" | "lost" | "abort">;

export interface Frame {
  readonly kind: number;
  /** Frames of one channel are answered in their order. */
  readonly channel: number;
  /** In memory of its own, from its first byte. */
  readonly bytes: Uint8Array;
}

const headerBytes = 12;

/** `bytes` must not change any more: the system may take them later. */
export function send(socket: Socket, { kind, channel, bytes }: Frame): void {
  const header = new Uint8Array(Uint32Array.of(kind, channel, bytes.byteLength).buffer);
  socket.cork();
  socket.write(header);
  if (bytes.byteLength > 0) socket.write(bytes);
  socket.uncork();
}

/** Calls `take` with every frame that arrives. */
export function receive(socket: Socket, take: (frame: Frame) => void): void {
  const header = new Uint8Array(headerBytes);
  let bytes: Uint8Array | undefined;
  let filled = 0;
  socket.on("data", (chunk) => {
    for (let at = 0; at < chunk.length || isWhole(bytes, filled); ) {
      const target = bytes ?? header;
      const taken = Math.min(target.length - filled, chunk.length - at);
      target.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < target.length) continue;
      filled = 0;
      const [kind, channel, length] = new Uint32Array(header.buffer);
      if (bytes === undefined) {
        bytes = new Uint8Array(length);
        continue;
      }
      const whole = bytes;
      bytes = undefined;
      take({ kind, channel, bytes: whole });
    }
  });
}

/** A frame of no bytes is whole with its header. */
function isWhole(bytes: Uint8Array | undefined, filled: number): boolean {
  return bytes !== undefined && filled === bytes.length;
}
