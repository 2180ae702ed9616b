/** @millrace/collate-text: collators for text, and the functions that they are made of. */
import padSequenceCollate from "./pad-sequence.js";

export { type PaddingSide, type PadSequenceOptions, padSequence } from "./padding.js";
export type { Sequence } from "./sequence.js";
export { type UnpadSequenceOptions, unpadSequence } from "./unpad-sequence.js";

export default [padSequenceCollate];
