import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDates } from "./dates.js";

describe("dates", () => {
  const iso = readDates();

  it("in ISO 8601 are UTC seconds since 1970", () => {
    for (const [text, seconds] of [
      ["1970-01-01", 0],
      ["2026-01-31", 1769817600],
      ["2026-01", 1767225600],
      ["2026", 1767225600],
      ["20260131", 1769817600],
      ["2026-01-31T12:30", 1769862600],
      ["2026-01-31 12:30:15", 1769862615],
      ["2026-01-31T12:30:15.25", 1769862615.25],
      ["2026-01-31T12:30:15,5Z", 1769862615.5],
      ["2026-01-31T12:30:15+02:00", 1769855415],
      ["2026-01-31 12:30:15 -0530", 1769882415],
      ["20260131T123015Z", 1769862615],
      ["2026-01-31T24:00", 1769904000],
      ["0001-01-01", -62135596800],
      [" 1969-12-31 ", -86400],
    ] as const) {
      expect([text, iso(text)]).toEqual([text, seconds]);
    }
  });

  it("that no calendar has, or that are no dates, are none", () => {
    for (const text of [
      "",
      "2026-02-29",
      "2026-13-01",
      "2026-00-10",
      "2026-01-00",
      "2026-01-31T25:00",
      "2026-01-31T12:60",
      "2026-01-31T12:30:60",
      "2026-01-31T24:01",
      "2026-01-31T12:30+25:00",
      "2026-01T12:30",
      "31.01.2026",
      "26-01-31",
      "2026-1-31",
      "1769817600.5x",
    ]) {
      expect([text, iso(text)]).toEqual([text, Number.NaN]);
    }
  });

  it("are what the platform reads, whatever the time", () => {
    const times = fc.integer({ min: -62135596800000, max: 253402300799999 });
    fc.assert(
      fc.property(times, (time) => {
        expect(iso(new Date(time).toISOString())).toBeCloseTo(time / 1000, 3);
      }),
      { seed: 1 },
    );
  });

  it("in a format of directives are what strptime makes of them", () => {
    for (const [format, text, seconds] of [
      ["%d.%m.%Y", "31.01.2026", 1769817600],
      ["%d.%m.%Y", "1.2.2026", 1769904000],
      ["%m/%d/%y", "01/31/26", 1769817600],
      ["%e %b %Y", " 5 Feb 2026", 1770249600],
      ["%d %B %Y", "31 january 2026", 1769817600],
      ["%Y-%j", "2026-031", 1769817600],
      ["%Y%m%d %I:%M %p", "20260131 12:05 AM", 1769817900],
      ["%Y%m%d %I:%M %p", "20260131 12:05 pm", 1769861100],
      ["%Y-%m-%dT%H:%M:%S.%f%z", "2026-01-31T12:30:15.250+02:00", 1769855415.25],
      ["[%d] 100%%", "[31] 100%", 2592000],
      ["unix", "1769817600", 1769817600],
      ["unix-ms", "1769817600500", 1769817600.5],
    ] as const) {
      expect([text, readDates(format)(text)]).toEqual([text, seconds]);
    }
    expect(readDates("%m/%d/%y")("01/31/69")).toBe(Date.UTC(1969, 0, 31) / 1000);
    expect(readDates("%m/%d/%y")("01/31/68")).toBe(Date.UTC(2068, 0, 31) / 1000);
  });

  it("that a format does not state are none", () => {
    for (const [format, text] of [
      ["%d.%m.%Y", "30.02.2026"],
      ["%d.%m.%Y", "2026-01-31"],
      ["%d.%m.%Y", "31.01.2026 12:00"],
      ["%Y-%j", "2026-366"],
      ["%I %p", "13 pm"],
      ["unix", "soon"],
    ] as const) {
      expect([text, readDates(format)(text)]).toEqual([text, Number.NaN]);
    }
  });
});
