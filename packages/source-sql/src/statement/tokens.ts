/** What SQL consists of, as far as every database agrees on it. */

/** Words, strings and names in quotes, comments, numbers, and every other character alone. */
export const tokens =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\p{L}_][\p{L}\p{N}_$]*|::|[?:@$][\p{L}\p{N}_]*|\d[\w.]*|\s+|[\s\S]/gu;
