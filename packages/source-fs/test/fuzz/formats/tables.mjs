/** CSV files: numbers alone, fields of all types, UTF-16, strange quotes. */
const numbers = `a,b,label\n${Array.from({ length: 40 }, (_, i) => `${i},${i / 7},${i % 3}`).join("\n")}\n`;
const mixed = [
  "name;age;sex;born;size;note",
  '"Berger, Ana";31;f;2001-02-03;"[1.5, 2]";',
  '"a ""quoted"" name";;m;1999-12-31T10:00:00Z;"[0, -1]";"two\r\nlines"',
  'Özlem;1.234;f;2020-02-29;"[3, 4]";n/a',
  'x;7;m;1970-01-01;"[5e3, 6]";plain',
].join("\r\n");

export const csv = {
  name: "csv",
  source: "csv",
  seeds: () => [
    { files: { "table.csv": Buffer.from(numbers) }, options: { path: "table.csv", label: "label" } },
    {
      files: { "table.csv": Buffer.from(numbers.slice(numbers.indexOf("\n") + 1)) },
      options: { path: "table.csv", header: false },
    },
    {
      files: { "table.csv": Buffer.from(mixed) },
      options: {
        path: "table.csv",
        delimiter: ";",
        columns: {
          name: "text",
          age: "float32?",
          label: { type: "class", from: "sex" },
          born: "date",
          size: "float32[2]",
          note: { type: "text", missing: { fill: "" } },
        },
      },
    },
    {
      files: { "table.csv": Buffer.from(`\ufeff${numbers}`, "utf16le") },
      options: { path: "table.csv", label: "label", labelType: "number" },
    },
    {
      files: { "table.csv": Buffer.from(mixed, "latin1") },
      options: {
        path: "table.csv",
        encoding: "latin1",
        label: "sex",
        columns: { name: "text" },
      },
    },
  ],
};
