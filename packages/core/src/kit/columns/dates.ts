/** Dates in texts as UTC seconds since 1970: ISO 8601, or a format of strptime's directives. */
import { MillraceError } from "../../errors.js";

/** The UTC seconds since 1970-01-01 that a text states, with their fraction; NaN where it is no such date. */
export type DateReader = (text: string) => number;

/**
 * A reader of dates in `format`: by default ISO 8601 (`2026-01-31`, `2026-01-31T12:30:00.5+02:00`, a blank for the T, without
 * the seconds or minutes, `20260131T123000Z`); `unix` and `unix-ms` for numbers; else directives of C's and Python's
 * strptime: %Y %y %m %d %e %j %b %B %H %I %p %M %S %f %z %%. Without a zone a time is UTC. A day that no calendar has, such as
 * February 30, is no date.
 *
 * @throws MillraceError OPTION_INVALID for an unknown directive; `path` says where the format stands in the options.
 */
export function readDates(format?: string, path: readonly (string | number)[] = []): DateReader {
  if (format === undefined) return isoDate;
  if (format === "unix" || format === "unix-ms") {
    const unit = format === "unix" ? 1 : 1000;
    return (text) => (/^\s*-?\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) / unit : Number.NaN);
  }
  return byDirectives(format, path);
}

const iso =
  /^\s*(\d{4})(?:-(\d\d)(?:-(\d\d))?|(\d\d)(\d\d))?(?:(?:[Tt]|\s+)(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,12})\d*)?)?)?\s*([Zz]|[+-]\d\d(?::?\d\d)?)?)?\s*$/;

function isoDate(text: string): number {
  const found = iso.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, basicMonth, basicDay, hour, minute, second, fraction, zone] = found;
  if (hour !== undefined && (day ?? basicDay) === undefined) return Number.NaN;
  return secondsOf({
    year: Number(year),
    month: Number(month ?? basicMonth ?? 1),
    day: Number(day ?? basicDay ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    fraction: fraction === undefined ? 0 : Number(`0.${fraction}`),
    zone: zoneSeconds(zone),
  });
}

interface Parts {
  year: number;
  month: number;
  day: number;
  /** The day of the year, instead of month and day. */
  dayOfYear?: number;
  hour: number;
  afternoon?: boolean;
  minute: number;
  second: number;
  fraction: number;
  /** Seconds east of Greenwich. */
  zone: number;
}

/** NaN where a part is out of its range. */
function secondsOf(parts: Parts): number {
  const { year, dayOfYear, afternoon, minute, second, fraction, zone } = parts;
  let { month, day, hour } = parts;
  if (afternoon !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (afternoon ? 12 : 0);
  }
  if (dayOfYear !== undefined) [month, day] = [1, dayOfYear];
  const date = new Date(0);
  // Not Date.UTC, which takes the years below 100 for those of the twentieth century.
  date.setUTCFullYear(year, month - 1, day);
  const isDay =
    date.getUTCFullYear() === year &&
    (dayOfYear === undefined ? date.getUTCMonth() === month - 1 && date.getUTCDate() === day : dayOfYear > 0);
  // Hour 24 and leap seconds: as in ISO 8601, 24:00 is the end of the day; second 60 is no time in Unix seconds.
  const isTime =
    minute < 60 && second < 60 && (hour < 24 || (hour === 24 && minute + second + fraction === 0));
  if (!isDay || !isTime) return Number.NaN;
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second - zone + fraction;
}

/** Of "Z", "+02", "+0200" and "+02:00"; 0 without one, NaN for one that there is not. */
function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(zone[3] === ":" ? 4 : 3) || 0);
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

const months = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];

/** What a directive matches, and what becomes of it. */
const directives: Readonly<
  Record<string, readonly [pattern: string, take: (parts: Parts, text: string) => void]>
> = {
  Y: ["(\\d{4})", (parts, text) => (parts.year = Number(text))],
  // POSIX: 69 to 99 are of the twentieth century.
  y: ["(\\d\\d)", (parts, text) => (parts.year = Number(text) + (Number(text) < 69 ? 2000 : 1900))],
  m: ["(\\d{1,2})", (parts, text) => (parts.month = Number(text))],
  d: ["(\\d{1,2})", (parts, text) => (parts.day = Number(text))],
  e: ["\\s*(\\d{1,2})", (parts, text) => (parts.day = Number(text))],
  j: ["(\\d{1,3})", (parts, text) => (parts.dayOfYear = Number(text))],
  b: [`(${months.map((name) => name.slice(0, 3)).join("|")})`, takeMonth],
  B: [`(${months.join("|")})`, takeMonth],
  H: ["(\\d{1,2})", (parts, text) => (parts.hour = Number(text))],
  I: ["(\\d{1,2})", takeTwelve],
  p: ["(am|pm)", (parts, text) => (parts.afternoon = text.toLowerCase() === "pm")],
  M: ["(\\d{1,2})", (parts, text) => (parts.minute = Number(text))],
  S: ["(\\d{1,2})", (parts, text) => (parts.second = Number(text))],
  f: ["(\\d{1,9})", (parts, text) => (parts.fraction = Number(`0.${text}`))],
  z: ["(Z|[+-]\\d\\d(?::?\\d\\d)?)", (parts, text) => (parts.zone = zoneSeconds(text))],
};

function takeTwelve(parts: Parts, text: string): void {
  parts.hour = Number(text);
  parts.afternoon ??= false;
}

function takeMonth(parts: Parts, text: string): void {
  parts.month = months.findIndex((name) => name.startsWith(text.toLowerCase())) + 1;
}

function byDirectives(format: string, path: readonly (string | number)[]): DateReader {
  const takes: ((parts: Parts, text: string) => void)[] = [];
  const pattern = format.replace(/%(.?)|\s+|[.*+?^${}()|[\]\\]/g, (found, name: string | undefined) => {
    if (name === undefined) return /^\s/.test(found) ? "\\s+" : `\\${found}`;
    if (name === "%") return "%";
    const [match, take] = directives[name] ?? unknown(format, found, path);
    takes.push(take);
    return match;
  });
  if (takes.length === 0) unknown(format, format, path);
  const whole = new RegExp(`^\\s*${pattern}\\s*$`, "i");
  return (text) => {
    const found = whole.exec(text);
    if (found === null) return Number.NaN;
    const parts: Parts = {
      year: 1970,
      month: 1,
      day: 1,
      hour: 0,
      minute: 0,
      second: 0,
      fraction: 0,
      zone: 0,
    };
    for (const [i, take] of takes.entries()) take(parts, found[i + 1]);
    return secondsOf(parts);
  };
}

function unknown(format: string, found: string, path: readonly (string | number)[]): never {
  throw new MillraceError(
    "OPTION_INVALID",
    `a format of dates must consist of directives such as %Y and what stands between them, but "${format}" has ${JSON.stringify(found)}`,
    {
      path,
      hint: `There are: ${Object.keys(directives)
        .map((name) => `%${name}`)
        .join(" ")} %%, and unix, unix-ms.`,
    },
  );
}
