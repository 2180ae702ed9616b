/** The README of a new project: what was seen, what was decided, and the commands that come next. */
import type { ProjectPlan } from "./plan.js";

export function readme(name: string, { found, decisions, baseline, question }: ProjectPlan): string {
  const list = [...found, ...decisions].map((line) => `- ${line}\n`).join("");
  const asked =
    question === undefined
      ? ""
      : `    npx millrace predict runs/first ${question}   # what it says of others\n`;
  return `# ${name}

    npm install
    npx millrace check spec.jsonc                     # is everything right?
    npx millrace run spec.jsonc --out runs/first      # trains, and writes runs/first/report.html
    npx millrace evaluate runs/first                  # how good it is, and where it errs
    npx millrace schema spec.jsonc                    # lets editors complete and check the spec
${asked}
\`spec.jsonc\` says what is trained on what; its comments say why. It was written after a look at the data:

${list}${baseline === undefined ? "" : `\nWhat it has to beat: ${baseline}.\n`}
The data stays where it is: \`spec.jsonc\` names it by a path relative to itself.
Every option: \`npx millrace plugins source\` (or \`transform\`, \`model\`, \`trainer\`).
`;
}
