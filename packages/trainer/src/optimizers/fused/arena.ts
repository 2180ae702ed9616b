/** Memory in which arrays lie where compiled code finds them. */

import { type Memory, webAssembly } from "@millrace/tfjs-wasm-kernels/assembler";

const page = 2 ** 16;

/** A place in the arena; it is padded to whole vectors with zeros. */
export interface Block {
  readonly address: number;
  readonly length: number;
  /** Its length in memory, a multiple of 16. */
  readonly bytes: number;
}

export class Arena {
  readonly memory: Memory = new webAssembly.Memory({ initial: 0, maximum: 65_536 });
  #end = 0;

  /** Room for `length` numbers, all zero. Raises RangeError beyond 4 GB. */
  allocate(length: number): Block {
    const block = { address: this.#end, length, bytes: Math.ceil(length / 4) * 16 };
    this.#end += block.bytes;
    const missing = Math.ceil((this.#end - this.memory.buffer.byteLength) / page);
    if (missing > 0) this.memory.grow(missing);
    return block;
  }

  /** The numbers of a block, until the next allocation. */
  view({ address, length }: Block): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }
}
