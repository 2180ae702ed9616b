/** The forms in which tables write dates, the likeliest first. */
import { type DateReader, readDates } from "@millrace/core";

export interface DateFormat {
  /** undefined: ISO 8601. */
  readonly format: string | undefined;
  readonly read: DateReader;
}

const days = ["%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y"];
const times = ["", " %H:%M", " %H:%M:%S"];
const others = [
  "%d %b %Y",
  "%d-%b-%Y",
  "%b %d, %Y",
  "%d %B %Y",
  "%B %d, %Y",
  "%m/%d/%y",
  "%d/%m/%y",
  "%d.%m.%y",
];
const formats = [undefined, ...days.flatMap((day) => times.map((time) => `${day}${time}`)), ...others];

export function dateFormats(): DateFormat[] {
  return formats.map((format) => ({ format, read: readDates(format) }));
}

/** Whether the texts are dates too with day and month in each other's place. */
export function isAmbiguous(format: string | undefined, texts: readonly string[]): boolean {
  const at = format?.match(/%[dm](?=[./-]%[dm])/)?.[0];
  if (format === undefined || at === undefined || format.startsWith("%d.")) return false;
  const other = format.replace(/%[dm]/g, (part) => (part === "%d" ? "%m" : "%d"));
  const read = readDates(other);
  return texts.every((text) => !Number.isNaN(read(text)));
}
