/** The parts that a source may be divided into. */
export const splitNames = ["train", "validation", "test"] as const;
/** The name of a part: train, validation or test. */
export type SplitName = (typeof splitNames)[number];
