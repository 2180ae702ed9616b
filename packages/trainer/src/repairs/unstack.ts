/** The gradient of taking apart what has one part only. */
type Core = typeof import("@tensorflow/tfjs-core");

/**
 * tfjs-core 4.22 hands an operation's only gradient on as a tensor, where the gradient of unstacking, which recurrent
 * layers do to their time steps, stacks a list: sequences of a single step could not be learned from.
 */
export function repairUnstack(core: Pick<Core, "getGradient">): void {
  const unpack = core.getGradient("Unpack");
  const own = unpack.gradFunc;
  unpack.gradFunc = (dy, saved, attributes) => own([dy].flat(), saved, attributes);
}
