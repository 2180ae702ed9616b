/** Cast: numbers as another type. */
import { shared } from "./identity.js";
import { backendsOwn, type WasmKernel } from "./kernel.js";

/** The backend copies what is of the type already, and takes ½ for false and −1 for 255 where it casts to bool. */
export const cast: WasmKernel = {
  kernelName: "Cast",
  reason: "wrong",
  create: (_, original) => {
    const others = backendsOwn(original);
    return (call) => {
      const { x } = call.inputs;
      const { dtype } = call.attrs;
      if (x.dtype === dtype && x.dtype !== "string") return shared(call);
      if (dtype !== "bool" || (x.dtype !== "float32" && x.dtype !== "int32")) return others(call);
      const output = call.backend.makeOutput(x.shape, "bool");
      const truths = call.backend.typedArrayFromHeap(output);
      for (const [i, value] of call.backend.typedArrayFromHeap(x).entries()) truths[i] = value === 0 ? 0 : 1;
      return output;
    };
  },
};
