/** Data as somebody has it who comes to Millrace: photos, a table with blanks, a database, a log of their own. All of it is made up. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import sharp from "sharp";

/** Numbers from 0 to 1, the same each time. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** JPEG files of 160 × 120 and about: boats, houses and trees, each drawn otherwise, in three folders. */
export async function writePhotos(folder, count = 240) {
  const random = numbers(7);
  const between = (low, high) => Math.round(low + random() * (high - low));
  const colour = (hue, light) => `hsl(${hue + between(-15, 15)}, ${between(30, 70)}%, ${light}%)`;
  const draw = {
    boats: (x, y, s) =>
      `<path d="M${x - s} ${y}h${2 * s}l${-s / 2} ${s / 2}h${-s}z" fill="${colour(20, 35)}"/><path d="M${x} ${y}v${-1.4 * s}l${s} ${1.2 * s}z" fill="${colour(60, 85)}"/>`,
    houses: (x, y, s) =>
      `<rect x="${x - s / 2}" y="${y - s / 2}" width="${s}" height="${s}" fill="${colour(30, 60)}"/><path d="M${x - 0.7 * s} ${y - s / 2}h${1.4 * s}l${-0.7 * s} ${-0.7 * s}z" fill="${colour(5, 40)}"/>`,
    trees: (x, y, s) =>
      `<rect x="${x - s / 8}" y="${y}" width="${s / 4}" height="${s}" fill="${colour(25, 25)}"/><circle cx="${x}" cy="${y - s / 4}" r="${0.7 * s}" fill="${colour(110, 35)}"/>`,
  };
  for (let i = 0; i < count; i++) {
    const kind = Object.keys(draw)[i % 3];
    const [width, height] = [between(150, 190), between(110, 130)];
    const ground = kind === "boats" ? colour(200, 55) : colour(90, 60);
    const shapes = draw[kind](between(50, 110), between(55, 80), between(18, 34));
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="200" height="140" fill="${colour(210, 80)}"/><rect y="${between(60, 85)}" width="200" height="80" fill="${ground}"/>${shapes}</svg>`;
    const speckle = { noise: { type: "gaussian", mean: 128, sigma: 28 } };
    const noise = await sharp({ create: { width, height, channels: 3, background: "#808080", ...speckle } })
      .png()
      .toBuffer();
    mkdirSync(join(folder, kind), { recursive: true });
    await sharp(Buffer.from(svg))
      .composite([{ input: noise, blend: "soft-light" }])
      .jpeg({ quality: 80 })
      .toFile(join(folder, kind, `IMG_${String(1000 + i)}.jpg`));
  }
}

/** Flats and their rents: an id, a district, a date, blanks, a decimal comma. */
export function writeFlats(path, rows = 1500) {
  const random = numbers(11);
  const districts = ["Altstadt", "Hafen", "Nordend", "Westpark", "Südhang"];
  const heating = ["gas", "district", "heat pump"];
  const blank = (share, value) => (random() < share ? "" : value);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [place, warm] = [Math.floor(random() * 5), Math.floor(random() * 3)];
    const size = 25 + random() * 95;
    const year = 1930 + Math.floor(random() * 94);
    const balcony = random() > 0.4;
    const rent =
      size * (7 + 2 * place) +
      (year > 2000 ? 120 : 0) +
      (balcony ? 45 : 0) +
      20 * warm +
      40 * (random() - 0.5);
    const day = `${String(1 + Math.floor(random() * 28)).padStart(2, "0")}.${String(1 + Math.floor(random() * 12)).padStart(2, "0")}.2024`;
    const comma = (value) => value.toFixed(1).replace(".", ",");
    return [
      `W${20_000 + i}`,
      districts[place],
      blank(0.06, comma(size)),
      blank(0.1, year),
      blank(0.04, balcony ? "yes" : "no"),
      blank(0.05, heating[warm]),
      day,
      comma(rent),
    ].join(";");
  });
  writeFileSync(path, `id;district;size;built;balcony;heating;listed;rent\n${lines.join("\n")}\n`);
}

/** Orders, and who made them: whether they come back depends on both. */
export function writeShop(path, orders = 3000) {
  const random = numbers(13);
  const database = new Database(path);
  database.exec(`
    CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, age INTEGER, city TEXT, member INTEGER NOT NULL);
    CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(customer_id),
      amount REAL NOT NULL, kind TEXT NOT NULL, placed DATE NOT NULL, returned INTEGER NOT NULL);
    BEGIN;`);
  const customer = database.prepare("INSERT INTO customers VALUES (?, ?, ?, ?)");
  const order = database.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)");
  const members = Array.from({ length: 400 }, () => random() < 0.3);
  members.forEach((member, i) => {
    customer.run(
      i + 1,
      random() < 0.1 ? null : 18 + Math.floor(random() * 60),
      ["Bonn", "Ulm", "Jena", "Kiel"][i % 4],
      member ? 1 : 0,
    );
  });
  for (let i = 1; i <= orders; i++) {
    const who = 1 + Math.floor(random() * 400);
    const kind = ["shoes", "books", "tools"][Math.floor(random() * 3)];
    const amount = Math.round(500 + random() * 20_000) / 100;
    const often = kind === "shoes" ? (members[who - 1] ? 0.2 : 0.85) : amount > 150 ? 0.5 : 0.05;
    const placed = `2024-${String(1 + (i % 12)).padStart(2, "0")}-${String(1 + (i % 28)).padStart(2, "0")}`;
    order.run(i, who, amount, kind, placed, random() < often ? 1 : 0);
  }
  database.exec("COMMIT");
  database.close();
}

/** A log such as only one machine writes. */
export function writeLog(path, lines = 400) {
  const random = numbers(17);
  const rows = Array.from({ length: lines }, (_, i) => {
    const worn = random() < 0.4;
    const minute = String(i % 60).padStart(2, "0");
    const vibration = (worn ? 0.55 : 0.3) + 0.2 * random();
    const heat = (worn ? 66 : 58) + 12 * random();
    return `2024-05-01T${String(Math.floor(i / 60) + 8).padStart(2, "0")}:${minute} vibration=${vibration.toFixed(3)} heat=${heat.toFixed(1)} -> ${worn ? "worn" : "ok"}`;
  });
  writeFileSync(path, `${rows.join("\n")}\n`);
}
