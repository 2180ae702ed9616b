/** The lines of record-tokenizers.py: the same generator, so that no text has to be kept. */

/** Park and Miller's generator. */
class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(count: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % count;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const onsets = "b c d f g h j k l m n p r s t v w z ch st tr br ph".split(" ");
const vowels = "a e i o u ai ea oo \u00e9 \u00fc".split(" ");
const strange =
  "na\u00efve Stra\u00dfe \u0141\u00d3D\u0179 \u0130stanbul \u039f\u0394\u039f\u03a3 \u0395\u03bb\u03bb\u03ac\u03b4\u03b1 \u043f\u0440\u0438\u0432\u0435\u0442 \u0419\u043e\u0434 \u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947 \u65e5\u672c\u8a9e \u6771\u4eac \ud55c\uad6d\uc5b4 \u0e44\u0e17\u0e22 \ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67 \ud83c\udde9\ud83c\uddea \ud83d\udc4d\ud83c\udffd \u00bd \u00b2 \u2167 \ufb01ne \uff41\uff42\uff43 e\u0301a \u00ad \ufeffx \u200bx x\u0085y x\u2028y".split(
    " ",
  );
const marks = ". , ; : ! ? - -- ... ' \" ( ) [ ] / & % $ # @ _ \u2014 \u2026 \u201c \u201d".split(" ");
const endings = "'s 't 're 've 'm 'll 'd".split(" ");

function word(draws: Draws): string {
  return Array.from({ length: 1 + draws.below(3) }, () => draws.of(onsets) + draws.of(vowels)).join("");
}

function piece(draws: Draws, words: readonly string[]): string {
  const kind = draws.below(100);
  if (kind < 60) return words[draws.below(1 + draws.below(words.length))];
  if (kind < 70) return draws.of(words).toUpperCase();
  if (kind < 76) return String(draws.below(10 ** (1 + draws.below(6))));
  if (kind < 84) return draws.of(words) + draws.of(marks);
  if (kind < 88) return draws.of(words) + draws.of(endings);
  if (kind < 92) return draws.of(marks).repeat(1 + draws.below(4));
  if (kind < 95) return " ".repeat(draws.below(3)) + "\t".repeat(draws.below(2));
  return draws.of(strange);
}

export function lines(count: number): string[] {
  const draws = new Draws(7);
  const words = Array.from({ length: 400 }, () => word(draws));
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + draws.below(10) }, () => piece(draws, words)).join(" "),
  );
}
