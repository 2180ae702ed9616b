/** Seeds by address: a number for each (seed, place, …), so that nothing depends on the order of drawing. */

/**
 * A seed from 1 to 2^31 − 1 for an address. Never 0, which tfjs takes for "no seed". FNV-1a over the address, then the
 * finalizer of MurmurHash3, so that neighbouring addresses give unrelated seeds.
 */
export function seedAt(...address: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of address.join("/")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 1;
  return hash === 0 ? 1 : hash;
}
