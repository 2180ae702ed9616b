/** A path within a command that is shown to be typed. */

/** As a shell takes it for one word, and for nothing else than what it is. */
export function shellWord(path: string): string {
  if (/^[\p{L}\p{N}_./:@%+,~\\-]+$/u.test(path) && !path.startsWith("~")) return path;
  return process.platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`;
}
