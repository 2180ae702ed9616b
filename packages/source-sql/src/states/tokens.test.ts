import { describe, expect, it } from "vitest";
import { sharedTokens, Tokens } from "./tokens.js";

describe("states that threads agree on", () => {
  it("are chosen once for each epoch, by whoever is first", () => {
    const memory = sharedTokens();
    const [one, other] = [new Tokens(memory), new Tokens(memory)];
    expect(one.chosen(7)).toBe(0);
    const [mine, yours] = [one.next(), other.next()];
    expect(mine).not.toBe(yours);
    expect(one.choose(7, 0, mine)).toBe(true);
    expect(other.choose(7, 0, yours)).toBe(false);
    expect(other.chosen(7)).toBe(mine);
    expect(other.choose(7, mine, yours)).toBe(true);
    expect([one.chosen(7), one.chosen(0), one.chosen(8)]).toEqual([yours, 0, 0]);
  });

  it("are joined by the tokens of those who have them open, and of nobody else", () => {
    const memory = sharedTokens();
    const [one, other] = [new Tokens(memory), new Tokens(memory)];
    const state = one.next();
    const first = one.publish(state, "00000003-0000001B-1");
    const second = other.publish(state, "é");
    one.publish(one.next(), "of another state");
    expect(other.openers(state).map(({ token }) => token)).toEqual(["00000003-0000001B-1", "é"]);
    if (first === undefined || second === undefined) throw new Error("there is room");
    other.withdraw(first);
    expect(one.openers(state).map(({ token }) => token)).toEqual(["é"]);
    // What was withdrawn already may be another's by now.
    const third = one.publish(state, "new");
    one.withdraw(first);
    expect(
      one
        .openers(state)
        .map(({ token }) => token)
        .sort(),
    ).toEqual(["new", "é"]);
    expect(third?.entry).toBe(first.entry);
  });

  it("have no place for a token that is too long, nor for more than there is room for", () => {
    const tokens = new Tokens(sharedTokens());
    expect(tokens.publish(1, "x".repeat(49))).toBeUndefined();
    const places = Array.from({ length: 300 }, () => tokens.publish(1, "x"));
    expect(places.filter((place) => place === undefined)).toHaveLength(300 - 256);
    expect(tokens.openers(1)).toHaveLength(256);
  });
});
