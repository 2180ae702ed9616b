/** Services: the shared things that plugins need, each a typed token that is also its own factory. */
import type { Logger } from "../contracts/logger.js";

/** `run`: one for the whole run, in the main thread. `worker`: one for each thread, workers included. */
export type Lifetime = "run" | "worker";

/**
 * A shared thing (a logger, a connection pool, a fitted vocabulary). The object that `defineService` returns is the
 * token by which plugins ask for it. Without `create`, whoever assembles the run must provide a value.
 */
export interface Service<T = unknown, N extends Needs = Needs> {
  readonly kind: "service";
  readonly name: string;
  readonly summary: string;
  readonly lifetime: Lifetime;
  readonly needs?: N;
  readonly create?: (needs: Resolved<N>) => T | Promise<T>;
  /** Called once when the registry closes, in the reverse order of creation, for values that `create` made. */
  readonly dispose?: (value: T) => void | Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any
export type AnyService = Service<any, any>;

/** What a plugin asks for: names of its own choosing to service tokens. */
export type Needs = Readonly<Record<string, AnyService>>;

/** The values that answer `Needs`. */
export type Resolved<N extends Needs> = {
  readonly [K in keyof N]: N[K] extends Service<infer T> ? T : never;
};

type NoNeeds = Record<never, never>;

/** A shared thing with its factory, lifetime and disposer. */
export function defineService<T, N extends Needs = NoNeeds>(
  service: Omit<Service<T, N>, "kind">,
): Service<T, N> {
  return { ...service, kind: "service" };
}

/** The logger of the run; in a worker, one that speaks through the main thread. */
export const LoggerService: Service<Logger, NoNeeds> = defineService<Logger>({
  name: "logger",
  summary: "structured log of the run",
  lifetime: "worker",
});
