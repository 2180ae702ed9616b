/** The text of a spec's bytes: UTF-8, or UTF-16 as some editors and shells of Windows write it. */
import { MillraceError } from "../errors.js";

/**
 * Decodes UTF-8, and UTF-16 where a byte order mark or the zero bytes of its first characters tell it (RFC 4627, 3); a
 * mark is left out. `position` says `line:column` of an offset in a text.
 * @throws MillraceError SPEC_SYNTAX for any other encoding.
 */
export function decodeSpec(
  bytes: Uint8Array,
  name: string,
  position: (text: string, offset: number) => string,
): string {
  const encoding = encodingOf(bytes);
  if (encoding === "utf-32") {
    throw encodingFault(`${name}:1:1 the file is UTF-32`);
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder(encoding).decode(bytes);
    const at = text.indexOf("\uFFFD");
    throw encodingFault(
      `${name}:${position(text, Math.max(0, at))} this is no character in ${encoding.toUpperCase()}`,
    );
  }

  function encodingFault(detail: string): MillraceError {
    return new MillraceError("SPEC_SYNTAX", `${name} is not text in UTF-8 or UTF-16`, {
      details: [detail],
      hint: "Save it as UTF-8.",
    });
  }
}

function encodingOf([a, b, c, d]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | "utf-32" {
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0)) return "utf-32";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  // A spec begins with characters of ASCII, of which UTF-16 has every other byte 0.
  if (a !== undefined && a !== 0 && b === 0) return "utf-16le";
  return a === 0 ? "utf-16be" : "utf-8";
}
