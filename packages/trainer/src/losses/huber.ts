/** Huber's loss with its bend at 1 (Huber 1964; torch's HuberLoss and SmoothL1Loss). */
import { lossOfDifference } from "./numbers.js";

/** d² / 2 for |d| ≤ 1, |d| − 1/2 beyond. */
export const huber = lossOfDifference("huber", (engine, difference) => {
  const distance = engine.abs(difference);
  // With c = min(|d|, 1) both branches are c · (|d| − c / 2).
  const near = engine.minimum(distance, 1);
  return engine.mul(near, engine.sub(distance, engine.mul(near, 0.5)));
});
