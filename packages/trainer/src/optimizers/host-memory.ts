/** Reads and writes tensors without copies in between, where a backend keeps them in memory that JavaScript can reach. */
import type { Tensor, TensorInfo, Variable } from "@tensorflow/tfjs-core";
import type { Engine } from "../engine.js";
import type { WasmMemory } from "@millrace/tfjs-wasm-kernels";

export interface HostMemory {
  /** The values of a float32 tensor themselves, not to be written; valid until the backend allocates again. */
  read(tensor: TensorInfo): Float32Array;
  /**
   * Gives a variable new values, in new memory: the old is not written over, as kernels hold what they made of it in
   * advance, such as XNNPACK of the weights of every matrix product.
   */
  write(variable: Variable, values: Float32Array): void;
}

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: ArrayLike<number> } };
}

/** Undefined where tensors live elsewhere, as on a GPU. */
export function hostMemory(engine: Engine): HostMemory | undefined {
  switch (engine.getBackend()) {
    case "wasm":
      return wasmMemory(engine);
    case "cpu":
      return cpuMemory(engine);
    default:
      return undefined;
  }
}

function wasmMemory(engine: Engine): HostMemory {
  const backend = engine.backend() as unknown as WasmMemory;
  const read = (tensor: TensorInfo) => backend.typedArrayFromHeap(tensor) as Float32Array;
  return {
    read,
    write(variable, values) {
      const fresh = backend.makeOutput(variable.shape, "float32");
      read(fresh).set(values);
      replace(variable, engine.engine().makeTensorFromTensorInfo(fresh));
    },
  };
}

function cpuMemory(engine: Engine): HostMemory {
  const backend = engine.backend() as unknown as CpuBackend;
  return {
    read(tensor) {
      const { values } = backend.data.get(tensor.dataId);
      return values instanceof Float32Array ? values : Float32Array.from(values);
    },
    write: (variable, values) => replace(variable, engine.tensor(values.slice(), variable.shape)),
  };
}

function replace(variable: Variable, fresh: Tensor): void {
  variable.assign(fresh);
  fresh.dispose();
}
