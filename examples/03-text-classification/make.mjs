/** Makes JSON Lines of the messages, whose own file has quotes as they were typed: a label, a tab and the text on each line. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const lines = readFileSync(process.argv[2] ?? at("../../../shared/data/sms-spam.tsv"), "utf8").split(/\r?\n/);
const messages = lines
  .filter((line) => line.includes("\t"))
  .map((line) => {
    const tab = line.indexOf("\t");
    return JSON.stringify({ label: line.slice(0, tab), text: line.slice(tab + 1) });
  });
mkdirSync(at("data"), { recursive: true });
writeFileSync(at("data/sms.jsonl"), `${messages.join("\n")}\n`);
