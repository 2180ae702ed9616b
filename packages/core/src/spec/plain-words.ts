/** Other languages' words for the values of JSON. */
export const plainWords = new Map([
  ["true", "true"],
  ["false", "false"],
  ["yes", "true"],
  ["no", "false"],
  ["on", "true"],
  ["off", "false"],
  ["none", "null"],
  ["nil", "null"],
  ["undefined", "null"],
]);
