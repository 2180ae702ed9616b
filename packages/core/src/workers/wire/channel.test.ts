import * as fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { AskingEnd, ServingEnd } from "./channel.js";
import type { Layout } from "./layout.js";
import type { FromWorker, Notice, Task } from "./protocol.js";
import { newWires } from "./records.js";

/** Both ends without a thread between them: mail waits until it is delivered, as in a message port. */
function connected() {
  const wires = newWires();
  const [down, up]: [(Task | Notice)[], FromWorker[]] = [[], []];
  const [tasks, answers]: [Task[], FromWorker[]] = [[], []];
  const posted: string[] = [];
  const asking = new AskingEnd(
    wires,
    (message) => {
      posted.push(message.type);
      down.push(structuredClone(message));
    },
    (message) => answers.push(message),
  );
  const serving = new ServingEnd(
    wires,
    (message) => {
      posted.push(`${message.type} back`);
      up.push(structuredClone(message));
    },
    (task) => tasks.push(task),
  );
  const deliverDown = (): void => {
    for (const message of down.splice(0)) serving.received(message);
  };
  const deliverUp = (): void => {
    for (const message of up.splice(0)) asking.received(message);
  };
  const close = (): void => {
    asking.close();
    serving.close();
  };
  return { asking, serving, tasks, answers, posted, deliverDown, deliverUp, close };
}

/** Memory that is known by what is in it, since mail brings another object for the same memory. */
const numberOf = (buffer: SharedArrayBuffer): number => new Int32Array(buffer)[0];
function numbered(number: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(8);
  new Int32Array(buffer)[0] = number;
  return buffer;
}

const layoutOf = (rows: number): Layout => ({ kind: "ndarray", dtype: "uint8", shape: [rows], offset: 0 });

describe("a channel", () => {
  it("brings every request and every reply once, in order, however the two ends take turns", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant("ask" as const), size: fc.integer({ min: 1, max: 5000 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("pull" as const), size: fc.constant(0) }) },
      fc.record({ do: fc.constantFrom("serve" as const, "down" as const, "up" as const), size: fc.nat(40) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80 }),
        fc.integer({ min: 1, max: 30 }),
        async (steps, slots) => {
          const channel = connected();
          const { asking, serving, tasks, answers } = channel;
          const buffers = Array.from({ length: slots }, (_, i) => numbered(i));
          const asked: { ticket: number; size: number }[] = [];
          const served: number[] = [];
          const serve = (): void => {
            serving.take();
            for (const task of tasks.splice(0)) {
              if (task.type !== "fetch" && task.type !== "pull") continue;
              const { size } = asked[task.ticket];
              expect(numberOf(task.buffer)).toBe(task.ticket % slots);
              const indices = task.type === "fetch" ? (task.indices as number[]) : [];
              expect(indices).toHaveLength(size);
              served.push(task.ticket);
              const shard = task.type === "pull" ? { read: size, done: false } : undefined;
              serving.send({ type: "batch", ticket: task.ticket, layout: layoutOf(size % 20), shard });
            }
          };
          for (const { do: what, size } of steps) {
            const ticket = asked.length;
            const buffer = buffers[ticket % slots];
            if (what === "ask") {
              asked.push({ ticket, size });
              const indices = Array.from({ length: size }, (_, i) => i);
              asking.ask(ticket, { type: "fetch", epoch: 1, indices }, buffer);
            } else if (what === "pull") {
              asked.push({ ticket, size });
              asking.ask(ticket, { type: "pull", pass: 0, epoch: 1 }, buffer);
            } else if (what === "serve") serve();
            else if (what === "down") channel.deliverDown();
            else channel.deliverUp();
          }
          for (let turn = 0; answers.length < asked.length && turn < 200; turn++) {
            channel.deliverDown();
            serve();
            channel.deliverUp();
            await new Promise((resolve) => setImmediate(resolve));
          }
          channel.close();
          const tickets = asked.map(({ ticket }) => ticket);
          expect(served).toEqual(tickets);
          const replies = answers as { ticket: number; layout: Layout }[];
          expect([...replies].sort((a, b) => a.ticket - b.ticket).map(({ ticket }) => ticket)).toEqual(
            tickets,
          );
          for (const { ticket, layout } of replies) expect(layout).toEqual(layoutOf(asked[ticket].size % 20));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([1, 2, 8, 9, 40, 200])("needs no mail once %i slots have gone round", async (slots) => {
    const { asking, serving, tasks, answers, posted, deliverDown, deliverUp, close } = connected();
    const buffers = Array.from({ length: slots }, () => new SharedArrayBuffer(8));
    let ticket = 0;
    const round = async (): Promise<void> => {
      const first = ticket;
      for (const buffer of buffers)
        asking.ask(ticket++, { type: "fetch", epoch: 0, indices: [ticket] }, buffer);
      while (answers.length < ticket) {
        deliverDown();
        serving.take();
        for (const task of tasks.splice(0)) {
          if (task.type === "fetch")
            serving.send({ type: "batch", ticket: task.ticket, layout: layoutOf(1) });
        }
        deliverUp();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(ticket - first).toBe(slots);
    };
    for (let i = 0; i < 3; i++) await round();
    posted.length = 0;
    for (let i = 0; i < 3; i++) await round();
    close();
    expect(posted).toEqual([]);
  });

  it("has the other end forget memory that was used again and then dropped", async () => {
    const { asking, posted, tasks, deliverDown, close } = connected();
    let buffer: SharedArrayBuffer | undefined = new SharedArrayBuffer(8);
    for (let ticket = 0; ticket < 2; ticket++)
      asking.ask(ticket, { type: "fetch", epoch: 0, indices: [0] }, buffer);
    deliverDown();
    tasks.length = 0;
    buffer = undefined;
    const ballast: Uint8Array[] = [];
    for (let i = 0; i < 400 && !posted.includes("forget"); i++) {
      ballast.push(new Uint8Array(4_000_000));
      if (ballast.length > 8) ballast.length = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    deliverDown();
    close();
    expect(posted).toContain("forget");
  });
});

describe("a wake-up that is lost", () => {
  const { notify } = Atomics;
  afterEach(() => {
    Atomics.notify = notify;
  });
  const turns = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  /** One request is answered after the other; the worker works whenever it is awake. */
  function working() {
    const channel = connected();
    const { asking, serving, tasks, answers } = channel;
    void serving.listen(async () => {
      for (const task of tasks.splice(0)) {
        if (task.type === "fetch") serving.send({ type: "batch", ticket: task.ticket, layout: layoutOf(1) });
      }
    });
    const buffer = new SharedArrayBuffer(8);
    let ticket = 0;
    const ask = (): void => asking.ask(ticket++, { type: "fetch", epoch: 0, indices: [0] }, buffer);
    const answered = async (looking: boolean): Promise<boolean> => {
      for (let i = 0; i < 20 && answers.length < ticket; i++) {
        if (looking) asking.look();
        await turns(3);
        channel.deliverDown();
        channel.deliverUp();
      }
      return answers.length === ticket;
    };
    return { ...channel, ask, answered };
  }

  it("is made up for by the next two looks, and forgotten after that", async () => {
    const { ask, answered, posted, close } = working();
    for (let i = 0; i < 3; i++) {
      ask();
      expect(await answered(false)).toBe(true);
    }
    Atomics.notify = () => 0;
    ask();
    expect(await answered(false)).toBe(false);
    expect(await answered(true)).toBe(true);
    Atomics.notify = notify;
    posted.length = 0;
    for (let i = 0; i < 10; i++) {
      ask();
      expect(await answered(true)).toBe(true);
    }
    close();
    expect(posted).toEqual([]);
  });

  it("is not suspected where a thread is merely busy", async () => {
    const { asking, ask, answered, posted, serving, tasks, answers, close } = working();
    for (let i = 0; i < 3; i++) {
      ask();
      expect(await answered(false)).toBe(true);
    }
    await turns(3);
    posted.length = 0;
    // The replies are there, and this thread has not come to them: it looks between two steps.
    ask();
    serving.take();
    for (const task of tasks.splice(0)) {
      if (task.type === "fetch") serving.send({ type: "batch", ticket: task.ticket, layout: layoutOf(1) });
    }
    asking.look();
    await turns(5);
    asking.look();
    expect(answers).toHaveLength(4);
    close();
    expect(posted).toEqual([]);
  });
});
