/** Bounds of a loader's options, for whoever checks them: the loader, and the schema of a spec. */

/** Most worker threads of one loader. Each is an engine of its own, of some 10 MB at least. */
export const mostWorkers = 1024;

/** Most batches under way at once, over all workers. */
export const mostAhead = 65_536;
