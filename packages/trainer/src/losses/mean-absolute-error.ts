/** Mean absolute error (torch's L1Loss). */
import { lossOfDifference } from "./numbers.js";

/** |output − target|. */
export const meanAbsoluteErrorLoss = lossOfDifference("meanAbsoluteError", (engine, difference) =>
  engine.abs(difference),
);
