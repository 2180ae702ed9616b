import { describe, expect, it } from "vitest";
import { keepCompiledKernels } from "./compose.js";

describe("the environment of the command", () => {
  it("lets CUDA keep what it compiles, and leaves what a person has set", () => {
    const env: NodeJS.ProcessEnv = { XDG_CACHE_HOME: "/caches", CUDA_CACHE_MAXSIZE: "1" };
    keepCompiledKernels(env);
    expect(env).toMatchObject({ CUDA_CACHE_PATH: "/caches/millrace/cuda", CUDA_CACHE_MAXSIZE: "1" });
  });
});
