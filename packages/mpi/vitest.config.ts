import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.js";

/** Ranks that wait take whole cores: one launcher at a time. */
export default mergeConfig(shared, { test: { fileParallelism: false } });
