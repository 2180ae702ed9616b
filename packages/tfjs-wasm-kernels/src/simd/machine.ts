/** Our own SIMD code in the memory of the wasm backend: it reads and writes tensors where they lie. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { encodeModule } from "../assembler/encoding.js";
import { type Memory, webAssembly } from "../assembler/web-assembly.js";
import { pack, packParameters, place, placeParameters } from "./layout.js";
import { poolGradient, poolParameters } from "./pool-gradient.js";
import { type ProductArguments, product, productParameters, tiles } from "./product.js";
import { type RowFormula, rowFunctions, rowParameters } from "./rows.js";
import { vectorBytes } from "./tile.js";

type Numbers = (...values: readonly number[]) => void;

/** A function's arguments by name; those that are not given are 0. */
type Named<Names extends readonly string[]> = Readonly<Partial<Record<Names[number], number>>>;

export interface Machine {
  /** Where a tensor lies, in bytes. */
  address(tensor: TensorInfo): number;
  product(values: ProductArguments): void;
  pack(values: Named<typeof packParameters>): void;
  place(values: Named<typeof placeParameters>): void;
  poolGradient(values: Named<typeof poolParameters>): void;
  /** Copies `rows` pieces of so many bytes, or one. */
  copy(of: {
    from: number;
    to: number;
    bytes: number;
    rows?: number;
    fromRow?: number;
    toRow?: number;
  }): void;
  /** See rows.ts. */
  overRows(formula: RowFormula, values: Named<typeof rowParameters>): void;
  write(address: number, values: Float32Array): void;
  /** Sets so many bytes to 0. */
  clear(address: number, bytes: number): void;
  /** Gives `use` the addresses of pieces of so many bytes, which hold anything, and frees them after it. */
  withScratch<T, const N extends readonly number[]>(
    sizes: N,
    use: (...addresses: { [K in keyof N]: number }) => T,
  ): T;
}

/** The parts of the wasm backend 4.22 that are behind its public face. */
interface Backend {
  readonly wasm?: {
    readonly asm?: { readonly memory?: Memory; malloc(bytes: number): number; free(address: number): void };
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
}

const machines = new WeakMap<object, Machine | null>();

/** Undefined where this build of the backend or this machine cannot run such code. */
export function machineOf(backend: object): Machine | undefined {
  let machine = machines.get(backend);
  if (machine === undefined) {
    machine = start(backend as Backend);
    machines.set(backend, machine);
  }
  return machine ?? undefined;
}

/** Bytes of so many columns of floats, rounded up to whole vectors. */
export function paddedBytes(columns: number): number {
  return Math.ceil(columns / 4) * vectorBytes;
}

function start(backend: Backend): Machine | null {
  const asm = backend.wasm?.asm;
  const code = encodeModule([...tiles, product(), pack(), place(), poolGradient(), ...rowFunctions]);
  if (asm?.memory === undefined || !webAssembly.validate(code)) return null;
  const { memory } = asm;
  const instance = new webAssembly.Instance(new webAssembly.Module(code), { host: { memory } });
  const exported = instance.exports as Readonly<Record<string, Numbers>>;
  const named =
    <const N extends readonly string[]>(name: string, parameters: N) =>
    (values: Readonly<Partial<Record<N[number], number>>>) =>
      exported[name](...parameters.map((parameter: N[number]) => values[parameter] ?? 0));
  const rows = Object.fromEntries(
    rowFunctions.map(({ name }) => [name, named(name, rowParameters)]),
  ) as Record<RowFormula, (values: Named<typeof rowParameters>) => void>;
  const placed = named("place", placeParameters);
  return {
    address: ({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset,
    product: named("product", [...productParameters, "floor"]),
    pack: named("pack", packParameters),
    place: placed,
    poolGradient: named("poolGradient", poolParameters),
    copy: ({ rows = 1, ...rest }) => placed({ ...rest, rows, columns: 1 }),
    overRows: (formula, values) => rows[formula](values),
    clear: (address, bytes) => new Uint8Array(memory.buffer, address, bytes).fill(0),
    write: (address, values) => new Float32Array(memory.buffer, address, values.length).set(values),
    withScratch(sizes, use) {
      const ends: number[] = [];
      for (const size of sizes) ends.push((ends.at(-1) ?? 0) + Math.ceil(size / vectorBytes) * vectorBytes);
      const bytes = ends.at(-1) ?? 0;
      const address = asm.malloc(bytes) >>> 0;
      if (address === 0) throw new RangeError(`the wasm backend has no ${bytes} bytes left`);
      try {
        return use(...(sizes.map((_, i) => address + (ends[i - 1] ?? 0)) as never));
      } finally {
        asm.free(address);
      }
    },
  };
}
