/** `millrace new`: projects and plugins, written so that they work at once. */
import { Command } from "commander";
import type { Start } from "./command.js";
import { newProject } from "./new-project.js";

export function newCommand(start: Start): Command {
  return new Command("new")
    .description("write a project for your data, or a plugin of your own")
    .addCommand(newProject(start));
}
