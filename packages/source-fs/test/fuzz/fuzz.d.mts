/** What became of the files of one format. */
export interface FuzzResult {
  readonly format: string;
  readonly read: number;
  /** By the code of the error. */
  readonly refused: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly number: number; readonly fault: string }[];
}

export function fuzz(options: {
  readonly formats: readonly string[];
  readonly count?: number;
  readonly numbers?: readonly number[];
  readonly seed?: number;
  readonly limit?: number;
  readonly failures: string;
}): Promise<FuzzResult[]>;
