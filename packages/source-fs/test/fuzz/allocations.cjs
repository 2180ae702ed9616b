/** Preloaded, it notes the largest array that anything asks for: memory that is asked for and not touched shows nowhere else. */
const largest = { bytes: 0 };
globalThis[Symbol.for("millrace.fuzz.allocations")] = largest;

function note(bytes) {
  if (Number.isFinite(bytes) && bytes > largest.bytes) largest.bytes = bytes;
}

for (const name of [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]) {
  const original = globalThis[name];
  const noted = new Proxy(original, {
    construct(target, given, newTarget) {
      if (typeof given[0] === "number") note(given[0] * (original.BYTES_PER_ELEMENT ?? 1));
      return Reflect.construct(target, given, newTarget === noted ? target : newTarget);
    },
  });
  original.prototype.constructor = noted;
  globalThis[name] = noted;
}
for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"]) {
  const original = Buffer[name];
  Buffer[name] = (bytes, ...rest) => {
    note(bytes);
    return original.call(Buffer, bytes, ...rest);
  };
}
