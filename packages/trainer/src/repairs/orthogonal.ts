/** Orthogonal initialisation, which recurrent layers use, in a form that runs without the whole of tfjs. */
import type { DataType, Tensor } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");

interface Orthogonal {
  readonly seed?: number;
  readonly gain?: number;
  apply(shape: number[], dtype?: DataType): Tensor;
}

/**
 * Replaces the method of tfjs-layers' own class: that one calls chained operations which only the union package
 * `@tensorflow/tfjs` registers, prints a warning for matrices of more than 2000 elements, and takes seconds for large ones.
 */
export function repairOrthogonal(core: Core, layers: Layers): void {
  const own = layers.initializers.orthogonal({ gain: 1 }) as unknown as Orthogonal;
  const prototype = Object.getPrototypeOf(own) as Orthogonal;
  prototype.apply = function apply(this: Orthogonal, shape) {
    return orthogonal(core, shape, this.seed, this.gain);
  };
}

function orthogonal(core: Core, shape: number[], seed: number | undefined, gain = 1): Tensor {
  const columns = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((size, extent) => size * extent, 1);
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  return core.tidy(() => {
    const matrix = core.randomNormal([long, short], 0, 1, "float32", seed).dataSync<"float32">().slice();
    orthonormalize(matrix, long, short);
    const columnwise = core.tensor2d(matrix, [long, short]);
    const oriented = rows < columns ? core.transpose(columnwise) : columnwise;
    return core.mul(core.reshape(oriented, shape), gain);
  });
}

/**
 * Makes the columns of a row-major matrix orthonormal, in place, by modified Gram–Schmidt, twice over for accuracy
 * (Giraud et al. 2005). With normal entries the result is uniform over orthogonal matrices (Saxe et al. 2014).
 * `rows` must not be less than `columns`.
 */
export function orthonormalize(matrix: Float32Array, rows: number, columns: number): void {
  // One column after the other in memory: four times faster for large matrices.
  const vectors = Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => matrix[row * columns + column]),
  );
  for (const [column, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < column; earlier++) subtractProjection(vector, vectors[earlier]);
    }
    const scale = 1 / Math.sqrt(dot(vector, vector));
    for (let row = 0; row < rows; row++) {
      vector[row] *= scale;
      matrix[row * columns + column] = vector[row];
    }
  }
}

function subtractProjection(vector: Float64Array, direction: Float64Array): void {
  const length = dot(vector, direction);
  for (let i = 0; i < vector.length; i++) vector[i] -= length * direction[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
