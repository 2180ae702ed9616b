/** Layers that resize and crop images: as Keras and torch do it, with gradients. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";

type Core = typeof import("@tensorflow/tfjs-core");
type Layers = typeof import("@tensorflow/tfjs-layers");
type Shape = readonly (number | null)[];
type Size = [number, number];
type Interpolation = "nearest" | "bilinear";

interface Prototype<T> {
  call(this: T, inputs: Tensor | Tensor[], options: { readonly training?: boolean }): Tensor;
  computeOutputShape(this: T, shape: Shape | Shape[]): Shape;
}

interface UpSampling {
  readonly size: Size;
  readonly dataFormat: "channelsFirst" | "channelsLast";
  readonly interpolation: Interpolation;
}

interface Extents {
  readonly height: number;
  readonly width: number;
}

interface Resizing extends Extents {
  readonly interpolation: Interpolation;
  readonly cropToAspectRatio: boolean;
}

interface RandomWidth {
  readonly interpolation: Interpolation;
  readonly widthLower: number;
  readonly widthUpper: number;
  readonly randomGenerator: { next(): number };
}

/**
 * tfjs 4.22 takes the corners of pixels for their middles, where Keras and torch (align_corners false) take the middles; `resizing`
 * and `randomWidth` say wrong shapes, so that no model can hold them; `resizing` does not crop, and `centerCrop` samples anew
 * what it crops. `randomWidth` changes what is measured.
 */
export function repairResampling(core: Core, { layers }: Layers): void {
  const upSampling = prototypeOf<UpSampling>(layers.upSampling2d({}));
  upSampling.call = function call(inputs) {
    return core.tidy(() => {
      const [given] = [inputs].flat();
      const isFirst = this.dataFormat === "channelsFirst";
      const x: Tensor = isFirst ? core.transpose(given, [0, 2, 3, 1]) : given;
      const [, rows, columns] = x.shape;
      const y = resized(core, x, [rows * this.size[0], columns * this.size[1]], this.interpolation);
      return isFirst ? core.transpose(y, [0, 3, 1, 2]) : y;
    });
  };

  const resizing = prototypeOf<Resizing>(layers.resizing({ height: 1, width: 1 }));
  resizing.computeOutputShape = ofExtents;
  resizing.call = function call(inputs) {
    const { height, width, interpolation, cropToAspectRatio } = this;
    return core.tidy(() => {
      const [x] = [inputs].flat();
      return resized(core, cropToAspectRatio ? alike(core, x, this) : x, [height, width], interpolation);
    });
  };

  const crop = prototypeOf<Extents>(layers.centerCrop({ height: 1, width: 1 }));
  crop.computeOutputShape = ofExtents;
  crop.call = function call(inputs) {
    const { height, width } = this;
    return core.tidy(() => {
      const [x] = [inputs].flat();
      const [, rows, columns] = x.shape;
      return rows >= height && columns >= width
        ? middle(core, x, [height, width])
        : resized(core, alike(core, x, this), [height, width], "bilinear");
    });
  };

  const random = prototypeOf<RandomWidth>(layers.randomWidth({ factor: 0.1 }));
  random.computeOutputShape = function computeOutputShape(shape) {
    const [samples, height, , channels] = one(shape);
    return [samples, height, null, channels];
  };
  random.call = function call(inputs, options) {
    return core.tidy(() => {
      const [x] = [inputs].flat();
      if (options?.training !== true) return core.clone(x);
      const [, height, width] = x.shape;
      const seed = this.randomGenerator.next();
      const bounds = [1 + this.widthLower, 1 + this.widthUpper] as const;
      const [share] = core.randomUniform([1], ...bounds, "float32", seed).dataSync();
      return resized(core, x, [height, Math.max(Math.round(share * width), 1)], this.interpolation);
    });
  };
}

function ofExtents(this: Extents, shape: Shape | Shape[]): Shape {
  const [samples, , , channels] = one(shape);
  return [samples, this.height, this.width, channels];
}

function one(shape: Shape | Shape[]): Shape {
  return Array.isArray(shape[0]) ? (shape[0] as Shape) : (shape as Shape);
}

/** The largest part in the middle of `x` that has the ratio of the extents. */
function alike(core: Core, x: Tensor, { height, width }: Extents): Tensor {
  const [, rows, columns] = x.shape;
  const limited = (extent: number, most: number): number => Math.max(Math.min(Math.floor(extent), most), 1);
  return middle(core, x, [
    limited((columns * height) / width, rows),
    limited((rows * width) / height, columns),
  ]);
}

function middle(core: Core, x: Tensor, [height, width]: Size): Tensor {
  const [, rows, columns, channels] = x.shape;
  const begin = [0, Math.floor((rows - height) / 2), Math.floor((columns - width) / 2), 0];
  return core.slice(x, begin, [-1, height, width, channels]);
}

/** Of [samples, rows, columns, channels]; tfjs has no gradient of sampling at the middles of pixels. */
function resized(core: Core, x: Tensor, size: Size, interpolation: Interpolation): Tensor {
  const apply = core.customGrad((...given: unknown[]) => {
    const images = given[0] as Tensor4D;
    const [, rows, columns] = images.shape;
    const resize =
      interpolation === "bilinear" ? core.image.resizeBilinear : core.image.resizeNearestNeighbor;
    return {
      value: resize(images, size, false, true),
      gradFunc: (dy: Tensor) =>
        gradient(core, dy, shares(rows, size[0], interpolation), shares(columns, size[1], interpolation)),
    };
  });
  return apply(x);
}

/** What reaches an old row or column of what its new ones are given back. */
function gradient(core: Core, dy: Tensor, rows: Shares, columns: Shares): Tensor {
  const [samples, height, width, channels] = dy.shape;
  const alongRows = core.matMul(
    core.tensor3d(rows.data, [1, rows.extent, height]),
    core.reshape(dy, [samples, height, width * channels]),
  );
  const alongColumns = core.matMul(
    core.tensor3d(columns.data, [1, columns.extent, width]),
    core.reshape(alongRows, [samples * rows.extent, width, channels]),
  );
  return core.reshape(alongColumns, [samples, rows.extent, columns.extent, channels]);
}

interface Shares {
  readonly extent: number;
  /** Row-major [extent, size]: how much of each old place is in a new one. */
  readonly data: Float32Array;
}

function shares(extent: number, size: number, interpolation: Interpolation): Shares {
  const data = new Float32Array(extent * size);
  for (let i = 0; i < size; i++) {
    const at = ((i + 0.5) * extent) / size - (interpolation === "bilinear" ? 0.5 : 0);
    const low = Math.floor(at);
    const share = interpolation === "bilinear" ? at - low : 0;
    const inside = (place: number): number => Math.min(Math.max(place, 0), extent - 1);
    data[inside(low) * size + i] += 1 - share;
    data[inside(low + 1) * size + i] += share;
  }
  return { extent, data };
}

function prototypeOf<T>(layer: object): Prototype<T> {
  return Object.getPrototypeOf(layer) as Prototype<T>;
}
