/** What a person says of a project to be made, beside where the data is. */
import type { TableAsked, TableSurvey } from "../survey/table-survey.js";
import { chooseTarget, type Target, targetCandidates, type TargetAsked } from "../survey/target.js";

export interface PlanAsked extends TableAsked, TargetAsked {
  /** Asks a person which of the columns is to be told, the likeliest first. */
  readonly ask?: ((names: readonly string[]) => Promise<string>) | undefined;
}

/** The column that was asked for, that the person names, or that is likeliest. @throws MillraceError */
export async function targetOf({ columns, keys }: TableSurvey, asked: PlanAsked): Promise<Target> {
  const candidates = targetCandidates(columns, keys).map(({ name }) => name);
  if (asked.target !== undefined || asked.ask === undefined || candidates.length < 2) {
    return chooseTarget(columns, keys, asked);
  }
  return chooseTarget(columns, keys, { ...asked, target: await asked.ask(candidates) });
}
