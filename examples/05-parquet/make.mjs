/** Makes the taxi rides of this example, in two Parquet files of a few row groups, by DuckDB. The taxis never drove. */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../../packages/source-sql/package.json", import.meta.url));
const { DuckDBInstance } = require("@duckdb/node-api");
const folder = fileURLToPath(new URL("data/", import.meta.url));
mkdirSync(folder, { recursive: true });

/** A number from 0 to 1 for each ride, another for each `salt`: the same wherever this runs. */
const draw = (salt) => `((ride * ${salt} % 65537) * 7919 % 65537) / 65537.0`;
const rides = (first, count) => `
  WITH drawn AS (
    SELECT ride, ${draw(48271)} AS a, ${draw(16807)} AS b, ${draw(69621)} AS c, ${draw(39373)} AS d, ${draw(30307)} AS e
    FROM range(${first}, ${first + count}) AS r (ride)
  ), timed AS (
    SELECT *, TIMESTAMP '2025-01-01' + to_minutes(CAST(ride * 13 AS BIGINT)) AS pickup, 0.5 + 14 * a * a AS km,
      CAST(floor(4 * b) AS INTEGER) AS passengers, [c, (1 - c) * d, (1 - c) * (1 - d)] AS roads
    FROM drawn
  ), driven AS (
    SELECT *, hour(pickup) IN (7, 8, 16, 17, 18) AND isodow(pickup) < 6 AS busy FROM timed
  )
  SELECT pickup, {'km': km, 'roads': CAST(roads AS FLOAT[3])} AS route,
    CASE WHEN passengers > 0 THEN passengers END AS passengers,
    CASE WHEN e < 0.05 THEN NULL WHEN e < 0.3 THEN 'rain' WHEN e < 0.35 THEN 'snow' ELSE 'dry' END AS weather,
    CAST(3.2 + 1.7 * km * (0.8 + 0.7 * roads[1]) * (CASE WHEN busy THEN 1.5 ELSE 1 END)
      + (CASE WHEN e < 0.3 AND e >= 0.05 THEN 1.5 WHEN e >= 0.3 AND e < 0.35 THEN 4 ELSE 0 END) + d AS DECIMAL(6, 2)) AS fare
  FROM driven ORDER BY ride`;

const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
for (const [name, first, count] of [
  ["rides-0", 0, 12_288],
  ["rides-1", 12_288, 8_192],
  ["new", 900_000, 10],
]) {
  const file = `${folder}${name}.parquet`.replaceAll("'", "''");
  await connection.run(
    `COPY (${rides(first, count)}) TO '${file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`,
  );
}
// The same new rides as JSON Lines, without their fares.
const file = `${folder}new.jsonl`.replaceAll("'", "''");
await connection.run(
  `COPY (SELECT strftime(pickup, '%Y-%m-%dT%H:%M:%S') AS at, route.km, route.roads, passengers, weather FROM (${rides(900_000, 10)})) TO '${file}' (FORMAT json)`,
);
connection.closeSync();
instance.closeSync();
