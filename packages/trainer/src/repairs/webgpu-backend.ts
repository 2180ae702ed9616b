/** The part of tfjs-backend-webgpu 4.22 that is mended here, and by which shaders of our own run. */

/** A tensor of the backend. */
export interface Info {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** A compute shader: `getUserCode` is what stands after the declarations of its variables and uniforms. */
export interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatch: readonly [number, number, number];
  /** Which axes of the output the axes of the dispatch go through. */
  readonly dispatchLayout: {
    readonly x: readonly number[];
    readonly y?: readonly number[];
    readonly z?: readonly number[];
  };
  readonly shaderKey: string;
  readonly uniforms?: string;
  getUserCode: () => string;
}

/** Numbers for a program's own `uniforms`, in their order. */
export type Uniforms = readonly { readonly type: "int32" | "float32"; readonly data: number[] }[];

interface Data {
  readonly dtype: string;
  values: Float32Array | Int32Array | Uint8Array | null;
  resource: object | null;
}

export interface WebgpuBackend {
  readonly tensorMap: { get(dataId: object): Data };
  readonly bufferManager: { acquireBuffer(size: number, usage: number): object };
  readonly queue: { writeBuffer(buffer: object, offset: number, data: ArrayBufferView): void };
  runWebGPUProgram(
    program: Program,
    inputs: readonly Info[],
    dtype: string,
    uniforms?: Uniforms,
    output?: Info,
  ): Info;
  uploadToGPU(dataId: object): void;
  disposeData(dataId: object): void;
}
