/** The parts of a date by the proleptic Gregorian calendar, in UTC. */

/** Parts that come round again. */
export const cyclicParts = [
  "quarter",
  "month",
  "week",
  "day",
  "dayOfWeek",
  "dayOfYear",
  "hour",
  "minute",
  "second",
] as const;

export const partNames = ["year", ...cyclicParts, "isWeekend", "days"] as const;

export type CyclicPart = (typeof cyclicParts)[number];
export type DatePart = (typeof partNames)[number];

const day = 86_400;

/** A moment, by the seconds and whole days after 1970-01-01T00:00Z. */
interface Moment {
  readonly seconds: number;
  readonly days: number;
  readonly date: Date;
}

/** The moment `seconds` after 1970-01-01T00:00Z. */
export function momentOf(seconds: number): Moment {
  return { seconds, days: Math.floor(seconds / day), date: new Date(Math.floor(seconds) * 1000) };
}

/** The part as a number; whole, but for `days`. */
export const partOf: Readonly<Record<DatePart, (moment: Moment) => number>> = {
  year: ({ date }) => date.getUTCFullYear(),
  quarter: ({ date }) => Math.floor(date.getUTCMonth() / 3) + 1,
  month: ({ date }) => date.getUTCMonth() + 1,
  week: ({ days }) => isoWeek(days),
  day: ({ date }) => date.getUTCDate(),
  dayOfWeek: ({ days }) => weekday(days),
  dayOfYear: ({ days, date }) => days - daysBefore(date.getUTCFullYear(), 0) + 1,
  hour: ({ date }) => date.getUTCHours(),
  minute: ({ date }) => date.getUTCMinutes(),
  second: ({ date }) => date.getUTCSeconds(),
  isWeekend: ({ days }) => (weekday(days) >= 5 ? 1 : 0),
  days: ({ seconds }) => seconds / day,
};

/** Of how many the part is one, at this moment. */
const periodOf: Readonly<Record<CyclicPart, (moment: Moment) => number>> = {
  quarter: () => 4,
  month: () => 12,
  week: ({ days }) => isoWeek(daysBefore(isoYear(days), 11) + 27),
  day: ({ date }) => daysOf(date.getUTCFullYear(), date.getUTCMonth(), 1),
  dayOfWeek: () => 7,
  dayOfYear: ({ date }) => daysOf(date.getUTCFullYear(), 0, 12),
  hour: () => 24,
  minute: () => 60,
  second: () => 60,
};

const fromZero: ReadonlySet<CyclicPart> = new Set(["dayOfWeek", "hour", "minute", "second"]);

/** Where in its period the part stands: 0 for the first, below 1 for the last. */
export function phaseOf(part: CyclicPart, moment: Moment): number {
  const place = partOf[part](moment) - (fromZero.has(part) ? 0 : 1);
  return place / periodOf[part](moment);
}

/** 0 is Monday; 1970-01-01 was a Thursday. */
function weekday(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

/** Days from 1970-01-01 to the first of a month; months from 0, and 12 is the next year's first. */
function daysBefore(year: number, month: number): number {
  // Not Date.UTC, which takes the years below 100 for those of the twentieth century.
  return new Date(0).setUTCFullYear(year, month, 1) / (day * 1000);
}

/** Days of `months` months. */
function daysOf(year: number, month: number, months: number): number {
  return daysBefore(year, month + months) - daysBefore(year, month);
}

/** A day's ISO week belongs to the year of its Thursday. */
function isoYear(days: number): number {
  return new Date((days - weekday(days) + 3) * day * 1000).getUTCFullYear();
}

function isoWeek(days: number): number {
  const thursday = days - weekday(days) + 3;
  return Math.floor((thursday - daysBefore(isoYear(days), 0)) / 7) + 1;
}
