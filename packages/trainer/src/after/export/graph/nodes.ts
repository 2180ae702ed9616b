/** A TensorFlow graph while it is written: nodes, and the arrays that constants of it hold. */

/** How GraphDef states an attribute in JSON. */
export type Attribute =
  | { readonly b: boolean }
  | { readonly f: number }
  | { readonly i: string }
  | { readonly s: string }
  | { readonly type: string }
  | { readonly list: { readonly i: readonly string[] } }
  | { readonly shape: object }
  | { readonly tensor: object };

export interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly data: ArrayLike<number>;
}

/** Raised for what a graph cannot hold; the message is a clause. */
export class NotInGraph extends Error {}

const types = { float32: "DT_FLOAT", int32: "DT_INT32" } as const;

export class Graph {
  readonly nodes: Node[] = [];
  readonly weights: Weight[] = [];

  /** The name of the new node. */
  add(op: string, input: readonly string[], attr: Readonly<Record<string, Attribute>> = {}): string {
    const name = `${op}_${this.nodes.length}`;
    this.nodes.push({ name, op, input, attr: { T: typeOf("float32"), ...attr } });
    return name;
  }

  constant(data: ArrayLike<number>, shape: readonly number[], dtype: string, called?: string): string {
    const name = called ?? `Const_${this.nodes.length}`;
    if (dtype !== "float32" && dtype !== "int32") throw new NotInGraph(`a constant of type ${dtype}`);
    if (this.weights.some((weight) => weight.name === name)) return name;
    this.weights.push({ name, shape, dtype, data });
    const tensor = { dtype: types[dtype], tensorShape: shapeOf(shape) };
    this.nodes.push({ name, op: "Const", attr: { dtype: typeOf(dtype), value: { tensor } } });
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant(values, [values.length], "int32");
  }
}

export function typeOf(dtype: string): Attribute {
  if (dtype !== "float32" && dtype !== "int32") throw new NotInGraph(`values of type ${dtype}`);
  return { type: types[dtype] };
}

export function shapeOf(shape: readonly (number | null)[]): { readonly dim: readonly { size: string }[] } {
  return { dim: shape.map((extent) => ({ size: String(extent ?? -1) })) };
}

export const flag = (b: boolean): Attribute => ({ b });
export const real = (f: number): Attribute => ({ f });
export const text = (value: string): Attribute => ({ s: Buffer.from(value).toString("base64") });
export const list = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
