/** Another process that writes to a database: takes statements, runs them one by one, and says when it has. */
import Database from "libsql";

process.on("message", ({ path, changes }) => {
  const database = new Database(path, { timeout: 30_000 });
  for (const sql of changes) database.exec(sql);
  database.close();
  process.send("done");
});
process.on("disconnect", () => process.exit());
