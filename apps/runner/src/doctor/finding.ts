/** What the doctor finds. */

export interface Finding {
  readonly section: Section;
  readonly name: string;
  /** absent: something that nobody needs, but that would add something; problem: something that will hurt. */
  readonly state: "ok" | "absent" | "problem";
  readonly detail: string;
  /** What to do, a command where there is one. Problems always have one. */
  readonly cure?: string;
}

export const sections = ["Node", "packages", "devices", "libraries", "machine", "places"] as const;

export type Section = (typeof sections)[number];

/** A finding of a section: without a cure all is well, with one it is a problem unless `absent` says otherwise. */
export function finding(
  section: Section,
  name: string,
  detail: string,
  cure?: string,
  absent = false,
): Finding {
  if (cure === undefined) return { section, name, state: "ok", detail };
  return { section, name, state: absent ? "absent" : "problem", detail, cure };
}

/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
