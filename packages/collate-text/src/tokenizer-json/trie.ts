/** A trie of tokens by UTF-16 units, in flat arrays: a quarter of a million tokens would make a million objects. */

export class Trie {
  /** The token that ends at each node; −1 for none. */
  #tokens = new Int32Array(1024).fill(-1);
  #nodes = 1;
  /** Edges in a table with open addressing: from which node, by which unit, to which node (0 for none). */
  #from = new Int32Array(4096);
  #unit = new Uint16Array(4096);
  #to = new Int32Array(4096);

  add(token: string, id: number): void {
    let node = 0;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      const next = this.step(node, unit);
      node = next === 0 ? this.#grow(node, unit) : next;
    }
    this.#tokens[node] = id;
  }

  /** The node behind `node` by `unit`; 0 for none. The first node is 0. */
  step(node: number, unit: number): number {
    return this.#to[this.#slotOf(node, unit)];
  }

  /** The token that ends at `node`; −1 for none. */
  tokenAt(node: number): number {
    return this.#tokens[node];
  }

  /** The longest token that begins at `from`, and where it ends. */
  longest(text: string, from: number): { readonly token: number; readonly end: number } | undefined {
    let [found, end] = [-1, from];
    let node = 0;
    for (let i = from; i < text.length; i++) {
      node = this.step(node, text.charCodeAt(i));
      if (node === 0) break;
      if (this.#tokens[node] >= 0) [found, end] = [this.#tokens[node], i + 1];
    }
    return found < 0 ? undefined : { token: found, end };
  }

  #slotOf(node: number, unit: number): number {
    const mask = this.#to.length - 1;
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) & mask;
    while (this.#to[slot] !== 0 && (this.#from[slot] !== node || this.#unit[slot] !== unit))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(node: number, unit: number): number {
    const made = this.#nodes++;
    if (made === this.#tokens.length) {
      const larger = new Int32Array(2 * made).fill(-1);
      larger.set(this.#tokens);
      this.#tokens = larger;
    }
    if (2 * made > this.#to.length) this.#spread();
    this.#put(node, unit, made);
    return made;
  }

  #put(node: number, unit: number, to: number): void {
    const slot = this.#slotOf(node, unit);
    this.#from[slot] = node;
    this.#unit[slot] = unit;
    this.#to[slot] = to;
  }

  #spread(): void {
    const [from, units, to] = [this.#from, this.#unit, this.#to];
    this.#from = new Int32Array(2 * to.length);
    this.#unit = new Uint16Array(2 * to.length);
    this.#to = new Int32Array(2 * to.length);
    for (let i = 0; i < to.length; i++) if (to[i] !== 0) this.#put(from[i], units[i], to[i]);
  }
}
