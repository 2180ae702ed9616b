/** What plugins throw of themselves, at all doors but the samples'. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Dataset } from "../contracts/dataset.js";
import { MillraceError } from "../errors.js";
import { defineSource, defineTransform } from "./plugin.js";
import { Registry } from "./registry.js";
import { defineService } from "./service.js";

const context = { baseUrl: new URL("file:///"), seed: 0 };
const fault = (what: string) => (): never => {
  throw new TypeError(`${what} is broken`);
};

async function opened(members: object): Promise<Dataset> {
  const registry = new Registry();
  const create = () => ({ length: 2, get: () => 0, ...members }) as Dataset;
  const odd = defineSource({ name: "odd", summary: "", options: z.strictObject({}), create });
  registry.add(odd, "./odd.mjs");
  return (await registry.create("source", "odd", {}, context)) as Dataset;
}

async function told(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, message, hint } = error;
    return [code, message, hint];
  }
}

describe("what a plugin throws", () => {
  const from = "The fault is in the plugin, which comes from ./odd.mjs.";
  const failed = (what: string) => [
    "PLUGIN_INVALID",
    `${what} of the source "odd" failed: ${what} is broken`,
    from,
  ];

  it.each(["key", "column", "share", "fingerprint", "close"] as const)(
    "when its %s is asked is named by the plugin, at once and later",
    async (member) => {
      const now = await opened({ [member]: fault(member) });
      expect(await told(() => (now[member] as () => unknown)())).toEqual(failed(member));
      const later = await opened({ [member]: async () => fault(member)() });
      expect(await told(() => (later[member] as () => unknown)())).toEqual(failed(member));
    },
  );

  it("is what it threw where that names itself", async () => {
    const own = new MillraceError("FILE_NOT_FOUND", "gone");
    const dataset = await opened({ close: () => Promise.reject(own) });
    await expect(dataset.close?.()).rejects.toMatchObject({ code: "FILE_NOT_FOUND", message: "gone" });
  });

  it("changes nothing of what works: instances keep their fields, and what is frozen is left alone", async () => {
    class Rows implements Dataset {
      readonly #names = ["a", "b"];
      get length() {
        return this.#names.length;
      }
      get() {
        return 0;
      }
      key(index: number) {
        return this.#names[index];
      }
    }
    const registry = new Registry();
    const rows = new Rows();
    const frozen = Object.freeze({ length: 1, get: () => 0, key: () => "it" });
    for (const [name, value] of Object.entries({ rows, frozen })) {
      registry.add(defineSource({ name, summary: "", options: z.strictObject({}), create: () => value }));
      expect(await registry.create("source", name, {}, context)).toBe(value);
    }
    expect([rows.key(1), Object.keys(rows), frozen.key()]).toEqual(["b", [], "it"]);
  });

  it("when it is created, or asked about facts, is named too; so is what a service throws", async () => {
    const registry = new Registry();
    const options = z.strictObject({});
    registry.add(
      defineTransform({ name: "odd", summary: "", options, create: fault("create"), facts: fault("facts") }),
    );
    const plugin = registry.get("transform", "odd");
    const made = { ...context, facts: {}, fields: {}, fitted: undefined };
    expect(await told(() => registry.create("transform", "odd", {}, made))).toMatchObject([
      "PLUGIN_INVALID",
      'create of the transform "odd" failed: create is broken',
      "The fault is in the plugin, which comes from this program.",
    ]);
    expect(await told(() => plugin.facts?.({}, {}, undefined, {}))).toMatchObject([
      "PLUGIN_INVALID",
      'facts of the transform "odd" failed: facts is broken',
      "The fault is in the plugin, which comes from this program.",
    ]);
    const lamp = defineService({
      name: "lamp",
      summary: "",
      lifetime: "run",
      create: () => 1,
      dispose: fault("dispose"),
    });
    registry.add(lamp);
    await registry.service(lamp);
    expect(await told(() => registry.close())).toMatchObject([
      "PLUGIN_INVALID",
      'dispose of the service "lamp" failed: dispose is broken',
      "The fault is in the plugin.",
    ]);
  });
});
