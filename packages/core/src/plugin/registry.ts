/** The one door to dependency injection: plugins and services by name, in a tsyringe child container nobody else sees. */
import "./reflect.js";
import { container as root, type DependencyContainer } from "tsyringe";
import { MillraceError } from "../errors.js";
import { didYouMean } from "../suggest.js";
import { blaming, blamingFor } from "./blaming.js";
import type { InputsContext } from "./contexts.js";
import { expanding } from "./expanding.js";
import type { GroupPlugin } from "./group.js";
import type { SourceInputs } from "./inputs.js";
import { checkMade } from "./made.js";
import { type Kinds, type Plugin, type PluginKind, pluginKinds, type Registrable } from "./plugin.js";
import type { AnyService, Lifetime, Needs, Service } from "./service.js";

export interface RegistryOptions {
  /** `run` creates services of both lifetimes; `worker` only those that every thread may have its own of. */
  readonly lifetime?: Lifetime;
}

interface Created {
  readonly service: AnyService;
  readonly value: unknown;
}

/** Holds what is registered and creates it on demand; `close` disposes what it created, in reverse order, once. */
export class Registry {
  readonly #container: DependencyContainer = root.createChildContainer();
  // tsyringe cannot list what a container holds, and a child's resolveAll hides its parent: names are kept here.
  readonly #names = new Map<PluginKind, Map<string, string>>(pluginKinds.map((kind) => [kind, new Map()]));
  readonly #groups: { plugin: GroupPlugin; origin: string }[] = [];
  readonly #pending = new Map<string, Promise<unknown>>();
  readonly #created: Created[] = [];
  readonly #lifetime: Lifetime;
  #closing: Promise<void> | undefined;

  constructor({ lifetime = "run" }: RegistryOptions = {}) {
    this.#lifetime = lifetime;
  }

  /** Registers a plugin or a service; `origin` is the package or file it came from, for messages. */
  add(item: Registrable, origin = "this program"): void {
    if (item.kind === "service") {
      if (!this.#container.isRegistered(tokenOf(item)))
        this.#container.register(tokenOf(item), { useValue: item });
      return;
    }
    if (item.kind === "group") {
      const other = this.#groups.find(({ plugin }) => plugin.name === item.name);
      if (other !== undefined) throw duplicate(item, other.origin, origin);
      this.#groups.push({ plugin: item, origin });
      return;
    }
    const names = this.#names.get(item.kind);
    if (names === undefined) throw invalidPlugin(item, origin);
    const other = names.get(item.name);
    if (other !== undefined) throw duplicate(item, other, origin);
    names.set(item.name, origin);
    this.#container.register(pluginToken(item.kind, item.name), { useValue: expanding(item, origin) });
  }

  /** Answers a service token with a value that the caller owns and disposes of; replaces its factory. */
  provide<T>(service: Service<T, never> | Service<T>, value: T): void {
    this.#container.register(valueToken(service as AnyService), { useValue: value });
  }

  /** The names registered for a kind, in order of registration. */
  names(kind: PluginKind): string[] {
    return [...(this.#names.get(kind)?.keys() ?? [])];
  }

  /** Every plugin of a kind, with where it came from. */
  list<K extends PluginKind>(kind: K): { plugin: Plugin<K>; origin: string }[] {
    const names = this.#names.get(kind) ?? new Map<string, string>();
    return [...names].map(([name, origin]) => ({ plugin: this.get(kind, name), origin }));
  }

  /** Every way for processes to work together, in order of registration, with where it came from. */
  groups(): readonly { readonly plugin: GroupPlugin; readonly origin: string }[] {
    return this.#groups;
  }

  /** Where a plugin came from: the package or file as it was written. */
  origin(kind: PluginKind, name: string): string | undefined {
    return this.#names.get(kind)?.get(name);
  }

  get<K extends PluginKind>(kind: K, name: string): Plugin<K> {
    const token = pluginToken(kind, name);
    if (!this.#container.isRegistered(token)) {
      throw new MillraceError(
        "PLUGIN_UNKNOWN",
        `no ${kind} is named "${name}"${didYouMean(name, this.names(kind))}`,
        {
          hint: `Registered: ${this.names(kind).join(", ") || "none"}. Add the package or file that has it to \`plugins\`.`,
        },
      );
    }
    return this.#container.resolve<Plugin<K>>(token);
  }

  /** Creates a plugin's value from options that its schema has already accepted. Errors: PLUGIN_INVALID for what is none of its kind. */
  async create<K extends PluginKind>(
    kind: K,
    name: string,
    options: unknown,
    context: Kinds[K]["context"],
  ): Promise<Kinds[K]["value"]> {
    const plugin = this.get(kind, name);
    const made = checkMade(kind, name, await plugin.create(options, await this.#withNeeds(plugin, context)));
    return blamingFor({ kind, name, origin: this.origin(kind, name) }, made);
  }

  /** How the source of this name makes samples of a person's inputs, if it knows how. */
  async inputs(name: string, options: unknown, context: InputsContext): Promise<SourceInputs | undefined> {
    const plugin = this.get("source", name);
    if (plugin.inputs === undefined) return undefined;
    return plugin.inputs(options, await this.#withNeeds(plugin, context));
  }

  async #withNeeds<C extends object>({ kind, name, needs }: Plugin, context: C): Promise<C> {
    const resolved = await this.#resolve(needs ?? {}, [`${kind} ${name}`]);
    // Not spread, which would read every field: whether a plugin reads the seed is noted by a getter.
    const given = {
      ...Object.getOwnPropertyDescriptors(context),
      ...Object.getOwnPropertyDescriptors(resolved),
    };
    return Object.defineProperties({}, given) as C;
  }

  /** The value of one service, made at the first request. */
  async service<T>(service: Service<T, never> | Service<T>): Promise<T> {
    return (await this.#serve(service as AnyService, [])) as T;
  }

  /** Disposes every service this registry created, newest first; later calls wait for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#disposeAll();
    return this.#closing;
  }

  async #disposeAll(): Promise<void> {
    await Promise.allSettled(this.#pending.values());
    const errors: MillraceError[] = [];
    for (const { service, value } of this.#created.splice(0).reverse()) {
      try {
        await blaming(service, "dispose", () => service.dispose?.(value));
      } catch (error) {
        errors.push(error as MillraceError);
      }
    }
    this.#container.clearInstances();
    if (errors.length > 0) throw MillraceError.several(errors, "several services failed to close:");
  }

  async #resolve(needs: Needs, path: readonly string[]): Promise<Record<string, unknown>> {
    const resolved: Record<string, unknown> = {};
    for (const [key, service] of Object.entries(needs)) resolved[key] = await this.#serve(service, path);
    return resolved;
  }

  #serve(service: AnyService, path: readonly string[]): Promise<unknown> {
    const provided = valueToken(service);
    if (this.#container.isRegistered(provided)) return Promise.resolve(this.#container.resolve(provided));
    if (path.includes(`service ${service.name}`)) {
      return Promise.reject(missing(service, path, "it needs itself"));
    }
    const pending = this.#pending.get(service.name);
    if (pending !== undefined) return pending;
    const making = this.#make(service, path);
    this.#pending.set(service.name, making);
    return making;
  }

  async #make(service: AnyService, path: readonly string[]): Promise<unknown> {
    const token = tokenOf(service);
    const known = this.#container.isRegistered(token) ? this.#container.resolve<AnyService>(token) : service;
    if (known.create === undefined) throw missing(service, path, "nothing provides it");
    if (known.lifetime === "run" && this.#lifetime === "worker") {
      throw missing(service, path, "it lives in the main thread only");
    }
    const needs = await this.#resolve(known.needs ?? {}, [...path, `service ${service.name}`]);
    const { create } = known;
    const value: unknown = await blaming(known, "create", () => create.call(known, needs));
    this.#created.push({ service: known, value });
    return value;
  }
}

function missing(service: AnyService, path: readonly string[], why: string): MillraceError {
  return new MillraceError("SERVICE_MISSING", `service "${service.name}" cannot be had: ${why}`, {
    where: [...path].reverse(),
    hint: "Provide it with registry.provide, or add the plugin that defines it to `plugins`.",
  });
}

function duplicate({ kind, name }: Plugin | GroupPlugin, other: string, origin: string): MillraceError {
  return new MillraceError("PLUGIN_DUPLICATE", `two plugins are ${kind} "${name}": ${other}, ${origin}`, {
    hint: "Rename one of them, or remove one from `plugins`.",
  });
}

function invalidPlugin(item: { kind: unknown }, origin: string): MillraceError {
  return new MillraceError(
    "PLUGIN_INVALID",
    `${origin} exports a plugin of unknown kind ${JSON.stringify(item.kind)}`,
    {
      hint: `Make it with one of defineSource, defineTransform, defineSampler, defineBatchSampler, defineCollate, defineModel, defineTrainer, defineGroup, defineService.`,
    },
  );
}

function pluginToken(kind: PluginKind, name: string): string {
  return `${kind}:${name}`;
}

function tokenOf(service: AnyService): string {
  return `service:${service.name}`;
}

function valueToken(service: AnyService): string {
  return `value:${service.name}`;
}
