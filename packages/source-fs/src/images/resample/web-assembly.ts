/** The part of WebAssembly that is used here; TypeScript knows it only along with the whole of a browser. */

export interface Memory {
  /** Another one after the memory has grown. */
  readonly buffer: ArrayBuffer;
  /** By pages of 65,536 bytes. */
  grow(pages: number): number;
}

interface WebAssemblyApi {
  readonly Memory: new (size: { readonly initial: number }) => Memory;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown };
  validate(code: Uint8Array): boolean;
}

/** Undefined where Node.js was started without it (--jitless). */
export const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly?: WebAssemblyApi;
};
