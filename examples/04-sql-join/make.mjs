/** Makes shop.db: a SQLite file of customers and their orders, some of which were sent back. */
import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { normalNumbers, randomNumbers } from "../random.mjs";

// The driver that @millrace/source-sql brings.
const Database = createRequire(new URL("../../packages/source-sql/package.json", import.meta.url))("libsql");
const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const draw = randomNumbers(5);
const normal = normalNumbers(draw);
const oneOf = (values) => values[Math.floor(draw() * values.length)];

mkdirSync(at("data"), { recursive: true });
rmSync(at("data/shop.db"), { force: true });
const shop = new Database(at("data/shop.db"));
shop.exec(`CREATE TABLE customers (id INTEGER PRIMARY KEY, age INTEGER, country TEXT NOT NULL);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customers, amount REAL NOT NULL,
    article TEXT NOT NULL, express INTEGER NOT NULL, returned TEXT NOT NULL);
  BEGIN`);
const customer = shop.prepare("INSERT INTO customers VALUES (?, ?, ?)");
const order = shop.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)");
const customers = Array.from({ length: 600 }, (_, id) => ({
  id,
  // Some do not tell.
  age: draw() < 0.1 ? null : Math.round(Math.min(85, Math.max(18, 42 + 15 * normal()))),
  country: oneOf(["AT", "CH", "DE", "FR", "IT"]),
}));
for (const { id, age, country } of customers) customer.run(id, age, country);
const habit = { AT: 0, CH: -0.6, DE: 0.8, FR: 0.1, IT: -0.2 };
const fit = { book: -2.2, chair: -0.6, coat: 0.9, phone: -1, shoes: 1.4 };
for (let id = 0; id < 6000; id++) {
  const { id: owner, age, country } = oneOf(customers);
  const article = oneOf(Object.keys(fit));
  const amount = Math.round(100 * Math.exp(3.6 + 0.7 * normal())) / 100;
  const express = draw() < 0.3 ? 1 : 0;
  const chance =
    1.7 * (fit[article] + habit[country] - 0.03 * ((age ?? 42) - 42) - 0.5 * express + amount / 120 - 0.7);
  order.run(id, owner, amount, article, express, draw() < 1 / (1 + Math.exp(-chance)) ? "yes" : "no");
}
shop.exec("COMMIT");
shop.close();
