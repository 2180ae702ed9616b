import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.js";

/** What `millrace new` writes is tested as it stands, beside the command that writes it. */
export default mergeConfig(shared, { test: { include: ["templates/*/test/**/*.test.ts"] } });
