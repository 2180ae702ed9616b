/** Mean squared error (torch's MSELoss). */
import { lossOfDifference } from "./numbers.js";

/** (output − target)². */
export const meanSquaredError = lossOfDifference("meanSquaredError", (engine, difference) =>
  engine.square(difference),
);
