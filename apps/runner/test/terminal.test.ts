/** The moving line, on a real pseudo-terminal made by util-linux's script(1). */
import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { bin, blobsSpec, newFolder } from "./support/cli.js";

const available = spawnSync("script", ["--version"]).status === 0;

async function onTerminal(
  columns: number,
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; text: string }> {
  const folder = await newFolder();
  const spec = await blobsSpec(folder, { trainer: { use: "softmax", with: { stepMilliseconds: 30 } } });
  const command = `stty columns ${columns}; '${process.execPath}' '${bin}' run ${spec} --out o`;
  const { NO_COLOR: _no, ...own } = process.env;
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: folder,
    env: { ...own, TERM: "xterm", ...env },
    encoding: "utf8",
    input: "",
  });
  return { code: status, text: stdout };
}

/** What a terminal of that many frames showed: the text after each erased line, without colours. */
function frames(text: string): string[] {
  return text
    .split("\r\x1b[2K")
    .slice(1)
    .map((frame) => stripVTControlCharacters(frame.split("\r\n")[0]));
}

describe.skipIf(!available)("on a terminal (needs script from util-linux)", () => {
  it("draws one line over and over, and shows the cursor again", async () => {
    const { code, text } = await onTerminal(100);
    expect(code).toBe(0);
    const steps = frames(text).filter((frame) => /^epoch \d\/2 .*step \d+\/15/.test(frame));
    expect(steps.length).toBeGreaterThan(3);
    const line =
      /━*─* {2}step \d+\/15 {2}loss [\d.]+ {2}[▁-█ ]{8} {2}[\d,]+ samples\/s {2}[\d.]+ s left {2}data wait 1%$/;
    expect(steps.some((frame) => line.test(frame))).toBe(true);
    expect(text.lastIndexOf("\x1b[?25h")).toBeGreaterThan(text.lastIndexOf("\x1b[?25l"));
    expect(text).toMatch(/epoch 1\/2.*validation/);
  });

  it("keeps the line within a narrow window, and breaks lasting lines between words", async () => {
    const { code, text } = await onTerminal(40);
    expect(code).toBe(0);
    const steps = frames(text).filter((frame) => frame.startsWith("epoch") && frame.includes("step"));
    expect(steps.length).toBeGreaterThan(3);
    for (const frame of steps) expect(frame.length).toBeLessThan(40);
    const lines = stripVTControlCharacters(text).split(/\r\n|\r/);
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(lines.join("\n")).toMatch(/\nepoch 1\/2 {2}train .*\n {2}/);
  });

  it("uses no colours where NO_COLOR asks for none", async () => {
    const { text } = await onTerminal(100, { NO_COLOR: "1" });
    expect(text).toContain("epoch 2/2");
    for (const code of [1, 2, 32, 36]) expect(text).not.toContain(`\x1b[${code}m`);
  });
});
