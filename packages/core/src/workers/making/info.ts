/** Which worker this thread is (torch.utils.data.get_worker_info). */
import type { WorkerInfo } from "../../contracts/iterable.js";

let current: WorkerInfo | null = null;

/**
 * In a worker, its frozen WorkerInfo; null in the main thread. Datasets, collate functions and `workerInit` may call it
 * at any time.
 */
export function getWorkerInfo(): WorkerInfo | null {
  return current;
}

/** Called once, when a worker has its dataset. */
export function setWorkerInfo(info: WorkerInfo): void {
  current = Object.freeze(info);
}
