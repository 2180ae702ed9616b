/** The plugin kind `group`: how processes that a launcher started find each other. No spec names one: it is there or not. */
import type { ProcessGroup } from "../contracts/group.js";
import type { Logger } from "../contracts/logger.js";

/** The variables of a process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a group's `open` receives. */
export interface GroupContext {
  readonly logger: Logger;
  /** What `launched` saw. */
  readonly environment: Environment;
}

/** A way for processes to train one model together: MPI, sockets. */
export interface GroupPlugin {
  readonly kind: "group";
  /** Lower case with hyphens. */
  readonly name: string;
  /** One line for listings. */
  readonly summary: string;
  /** Whether this process was started as one of a group of this kind: by the variables that its launcher sets. */
  launched(environment: Environment): boolean;
  /** Which of the group this process is, where its launcher says so before the group is joined: 0 tells faults for all. */
  rank?(environment: Environment): number | undefined;
  /** Joins the group; called once, and only where `launched` said true. */
  open(context: GroupContext): Promise<ProcessGroup>;
}

/** How processes of one launcher find each other. The first registered that was `launched` is taken. */
export function defineGroup(definition: Omit<GroupPlugin, "kind">): GroupPlugin {
  return { ...definition, kind: "group" };
}
