/** @millrace/collate-text: collators for text. The functions that they are made of are core's. */
import padSequenceCollate from "./pad-sequence.js";

export default [padSequenceCollate];
