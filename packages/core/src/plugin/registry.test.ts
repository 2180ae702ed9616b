import type { Dataset } from "../contracts/dataset.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MillraceError } from "../errors.js";
import { groupOfOne } from "../contracts/group.js";
import { defineGroup } from "./group.js";
import { defineSource } from "./plugin.js";
import { Registry } from "./registry.js";
import { defineService, type Needs } from "./service.js";

const context = { baseUrl: new URL("file:///"), seed: 0 };
const source = (name: string, needs = {}) =>
  defineSource({
    name,
    summary: "for these tests",
    options: z.strictObject({}),
    needs,
    create: (_options, received) => ({ length: 0, get: () => received }),
  });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MillraceError)) throw new Error(`not a MillraceError: ${String(error)}`);
  return `${error.code} ${error.describe()}`;
}

describe("Registry", () => {
  it("creates a plugin with its options, the context and exactly the services it needs", async () => {
    const registry = new Registry();
    const greeting = defineService({ name: "greeting", summary: "", lifetime: "run", create: () => "hello" });
    const other = defineService({ name: "other", summary: "", lifetime: "run", create: () => "unasked" });
    registry.add(greeting);
    registry.add(other);
    registry.add(source("letters", { word: greeting }));
    const dataset = (await registry.create("source", "letters", {}, context)) as Dataset;
    expect(dataset.get(0, { epoch: 0 })).toEqual({ ...context, word: "hello" });
  });

  it("lists groups beside the kinds that a spec names, each name once", () => {
    const registry = new Registry();
    const group = defineGroup({
      name: "pair",
      summary: "",
      launched: ({ PAIR }) => PAIR === "1",
      open: async () => groupOfOne,
    });
    registry.add(group, "here");
    expect(registry.groups()).toEqual([{ plugin: group, origin: "here" }]);
    expect(() => registry.add(group, "there")).toThrow('two plugins are group "pair": here, there');
  });

  it("gives them to a source's inputs too", async () => {
    const registry = new Registry();
    const greeting = defineService({ name: "greeting", summary: "", lifetime: "run", create: () => "hello" });
    const inputs = (_options: unknown, received: object) =>
      ({ endings: [], about: { ...received } }) as never;
    registry.add({ ...source("letters", { word: greeting }), inputs });
    registry.add(source("mute"));
    const given = { ...context, facts: {} };
    expect(await registry.inputs("letters", {}, given)).toMatchObject({ about: { ...given, word: "hello" } });
    expect(await registry.inputs("mute", {}, given)).toBeUndefined();
  });

  it("makes a service once, however many need it at the same time", async () => {
    let made = 0;
    const counter = defineService({
      name: "counter",
      summary: "",
      lifetime: "run",
      create: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return ++made;
      },
    });
    const registry = new Registry();
    const values = await Promise.all([registry.service(counter), registry.service(counter)]);
    expect(values).toEqual([1, 1]);
  });

  it("disposes what it made in reverse order, once, and leaves provided values alone", async () => {
    const disposed: string[] = [];
    const make = (name: string, needs: Needs = {}) =>
      defineService<string, Needs>({
        name,
        summary: "",
        lifetime: "run",
        needs,
        create: () => name,
        dispose: (value) => void disposed.push(value),
      });
    const inner = make("inner");
    const outer = make("outer", { inner });
    const given = make("given");
    const registry = new Registry();
    registry.provide(given, "provided");
    await registry.service(outer);
    expect(await registry.service(given)).toBe("provided");
    await Promise.all([registry.close(), registry.close()]);
    expect(disposed).toEqual(["outer", "inner"]);
  });

  it("lets a provided value stand in for a service's own factory", async () => {
    const clock = defineService({ name: "clock", summary: "", lifetime: "run", create: () => Date.now() });
    const registry = new Registry();
    registry.add(clock);
    registry.provide(clock, 42);
    expect(await registry.service(clock)).toBe(42);
  });

  it("closes the other services when one fails to close", async () => {
    const disposed: string[] = [];
    const first = defineService({
      name: "first",
      summary: "",
      lifetime: "run",
      create: () => "first",
      dispose: (value) => void disposed.push(value),
    });
    const second = defineService({
      name: "second",
      summary: "",
      lifetime: "run",
      create: () => "second",
      dispose: () => Promise.reject(new Error("stuck")),
    });
    const registry = new Registry();
    await registry.service(first);
    await registry.service(second);
    await expect(registry.close()).rejects.toThrow("stuck");
    expect(disposed).toEqual(["first"]);
  });

  it("suggests the name that was meant", async () => {
    const registry = new Registry();
    registry.add(source("image-folder"), "@millrace/source-fs");
    expect(await codeOf(registry.create("source", "image-foldr", {}, context))).toMatch(
      /PLUGIN_UNKNOWN no source is named "image-foldr" \(did you mean "image-folder"\?\)/,
    );
  });

  it("refuses two plugins of one name and says where both came from", () => {
    const registry = new Registry();
    registry.add(source("csv"), "a-package");
    expect(() => registry.add(source("csv"), "./csv.js")).toThrow(
      'two plugins are source "csv": a-package, ./csv.js',
    );
  });

  it("names the path to a service that nothing provides, that needs itself, or that workers cannot have", async () => {
    const nobody = defineService<string>({ name: "nobody", summary: "", lifetime: "run" });
    const registry = new Registry();
    registry.add(source("letters", { word: nobody }));
    expect(await codeOf(registry.create("source", "letters", {}, context))).toMatch(
      /SERVICE_MISSING service "nobody" cannot be had: nothing provides it \(source letters\)/,
    );
    const needs: Record<string, Needs[string]> = {};
    const circle = defineService<string, Needs>({
      name: "circle",
      summary: "",
      lifetime: "run",
      needs,
      create: () => "round",
    });
    needs.circle = circle;
    expect(await codeOf(registry.service(circle))).toContain("it needs itself");
    const here = defineService({ name: "here", summary: "", lifetime: "run", create: () => 1 });
    expect(await codeOf(new Registry({ lifetime: "worker" }).service(here))).toContain(
      "it lives in the main thread only",
    );
  });

  it("shares nothing with another registry", () => {
    const registry = new Registry();
    registry.add(source("csv"));
    expect(new Registry().names("source")).toEqual([]);
    expect(registry.names("source")).toEqual(["csv"]);
  });
});
