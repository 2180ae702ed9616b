/** The libraries that layers of our own are made of, before they are one engine. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";

export type Core = typeof import("@tensorflow/tfjs-core");
export type Library = typeof import("@tensorflow/tfjs-layers");
export type Layer = layers.Layer;
export type Shape = (number | null)[];

/** What a layer's constructor takes beside its own arguments. */
export type LayerArguments = ConstructorParameters<Library["layers"]["Layer"]>[0];

/** What is handed to a layer with its inputs. */
export interface CallContext {
  readonly training?: boolean;
  /** Of its first input. */
  readonly mask?: Tensor | Tensor[] | null;
}

/** A class of layers that tfjs can make again from a file. */
export interface LayerClass {
  new (args: never): Layer;
  readonly className: string;
}

export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** The shapes of the inputs that a layer is given. */
export function shapesOf(shape: Shape | Shape[]): Shape[] {
  return (Array.isArray(shape[0]) ? shape : [shape]) as Shape[];
}
