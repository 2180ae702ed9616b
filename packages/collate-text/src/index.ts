/** @millrace/collate-text: tokenizers, collators for text, and corpora as files of token ids. The functions that collators are made of are core's. */
import languageModel from "./collators/language-model.js";
import maskedLanguageModel from "./collators/masked-language-model.js";
import packSequences from "./collators/pack-sequences.js";
import padSequenceCollate from "./collators/pad-sequence.js";
import sequencePair from "./collators/sequence-pair.js";
import tokenFile from "./sources/token-file.js";
import bpe from "./transforms/bpe.js";
import bytes from "./transforms/bytes.js";
import characters from "./transforms/characters.js";
import tokenizerJson from "./transforms/tokenizer-json.js";
import words from "./transforms/words.js";

export default [
  tokenFile,
  characters,
  bytes,
  words,
  tokenizerJson,
  bpe,
  padSequenceCollate,
  packSequences,
  languageModel,
  maskedLanguageModel,
  sequencePair,
];
