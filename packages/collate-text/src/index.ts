/** @millrace/collate-text: tokenizers, and collators for text. The functions that collators are made of are core's. */
import padSequenceCollate from "./collators/pad-sequence.js";
import bytes from "./transforms/bytes.js";
import characters from "./transforms/characters.js";
import words from "./transforms/words.js";

export default [characters, bytes, words, padSequenceCollate];
