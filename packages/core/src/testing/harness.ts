/**
 * Where the laws run: in vitest where that has started the process, collected where `millrace test-plugin` wants to run them one by
 * one, and in Node's own runner (`node --test`, or a file that is run alone) otherwise. The suites know no other home.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";

export interface TestOptions {
  /** Most milliseconds of one test. */
  readonly timeout?: number;
}

type Body = () => unknown;

/** What all runners have alike. */
interface Runner {
  describe(name: string, options: TestOptions, body: () => void): void;
  it(name: string, options: TestOptions, body: () => Promise<void>): void;
}

/** A law, with the names of what it stands in. */
export interface CollectedTest {
  readonly names: readonly string[];
  readonly timeout: number;
  readonly run: () => Promise<void>;
}

const usualTimeout = 60_000;

let collecting: Runner | undefined;
let host: Runner | undefined;
if (process.env.VITEST === undefined) host = undefined;
else host = (await import("vitest")) as unknown as Runner;

/** The tests that `register` states, none of which is run; it must not wait for anything. */
export function collectTests(register: () => void): CollectedTest[] {
  const tests: CollectedTest[] = [];
  const names: string[] = [];
  let timeout = usualTimeout;
  const before = collecting;
  collecting = {
    describe(name, options, body) {
      const outer = timeout;
      timeout = options.timeout ?? timeout;
      names.push(name);
      body();
      names.pop();
      timeout = outer;
    },
    it(name, options, run) {
      tests.push({ names: [...names, name], timeout: options.timeout ?? timeout, run });
    },
  };
  try {
    register();
  } finally {
    collecting = before;
  }
  return tests;
}

export function describe(name: string, ...given: [() => void] | [TestOptions, () => void]): void {
  const [options, body] = optionsAnd(given);
  runner().describe(name, options, body);
}

/** What `onTestFinished` was given comes after the body, the last first, however that ends. */
export function it(name: string, ...given: [Body] | [TestOptions, Body]): void {
  const [options, body] = optionsAnd(given);
  runner().it(name, options, () => {
    const finishing: Body[] = [];
    return current.run(finishing, async () => {
      try {
        await body();
      } finally {
        for (const finish of finishing.reverse()) await finish();
      }
    });
  });
}

const current = new AsyncLocalStorage<Body[]>();

export function onTestFinished(finish: Body): void {
  const finishing = current.getStore();
  if (finishing === undefined) throw new Error("onTestFinished must be called within a test");
  finishing.push(finish);
}

/** Tries again until `check` no longer throws; what it throws at last, after so many milliseconds. */
export async function waitFor(check: () => void, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (true) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(50);
    }
  }
}

function optionsAnd<B>(given: readonly [B] | readonly [TestOptions, B]): [TestOptions, B] {
  return given.length === 1 ? [{}, given[0]] : [given[0], given[1]];
}

function runner(): Runner {
  return collecting ?? host ?? nodeTest;
}

const nodeTest = await import("node:test");
