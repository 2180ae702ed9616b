/** What must be there before tsyringe. Required, for an import would first search its text for the names that it exports. */
import { createRequire } from "node:module";

createRequire(import.meta.url)("reflect-metadata");
