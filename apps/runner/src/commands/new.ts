/** `millrace new`: projects and plugins, written so that they work at once. */
import { Command } from "commander";
import type { Start } from "./command.js";
import { newPlugin } from "./new-plugin.js";
import { newProject } from "./new-project.js";
import { pluginTemplates } from "../project/plugin-files.js";

const help = `
Examples:
  $ millrace new project wine --from winequality.csv
  $ millrace new source readings`;

export function newCommand(start: Start): Command {
  const command = new Command("new")
    .description("write a project for your data, or a plugin of your own")
    .addHelpText("after", help)
    .addCommand(newProject(start));
  for (const template of pluginTemplates) command.addCommand(newPlugin(template, start));
  return command;
}
