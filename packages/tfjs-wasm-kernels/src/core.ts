/** The library that kernels and gradients are put into: tfjs-core, as its user has loaded it. */
export type Core = typeof import("@tensorflow/tfjs-core");
