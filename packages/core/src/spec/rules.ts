/** What a fault of the schema says: the rule, the value received, and what may have been meant. */
import type { z } from "zod";
import { hasReference } from "../kit/environment.js";
import { didYouMean } from "../suggest.js";
import { plainWords } from "./plain-words.js";

type Issue = z.core.$ZodIssue;

export function messageOf(issue: Issue, received: unknown): string {
  if (received === undefined) {
    const kinds = issue.code === "invalid_union" ? kindsOf(issue) : undefined;
    if (kinds !== undefined) return `is required: one of ${kinds.join(", ")}`;
    return issue.code === "invalid_type" || issue.code === "invalid_union" || issue.code === "invalid_value"
      ? "is required"
      : issue.message;
  }
  if (issue.code === "custom" && issue.params?.secret === true) return rule(issue);
  const isReference = typeof received === "string" && hasReference(received);
  const was = isReference ? `what ${received} stands for` : shown(received);
  return `${rule(issue)}, was ${was}${meant(issue, received)}`;
}

/** YAML has numbers that JSON has not. */
function shown(value: unknown): string {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : JSON.stringify(value);
}

/** "did you mean", where one of a few words was to stand and another does. */
function meant(issue: Issue, received: unknown): string {
  if (typeof received !== "string") return "";
  const plain = issue.code === "invalid_type" && issue.expected === "boolean";
  const word = plain ? plainWords.get(received.toLowerCase()) : undefined;
  return word === undefined ? didYouMean(received, wordsOf(issue)) : ` (did you mean ${word}?)`;
}

/** The words that might stand there, where only some might. */
function wordsOf(issue: Issue): string[] {
  const values =
    issue.code === "invalid_value"
      ? issue.values
      : issue.code === "invalid_union"
        ? (kindsOf(issue) ?? issue.errors.flat().flatMap((each) => wordsOf(each)))
        : issue.code === "custom"
          ? ((issue.params?.words as readonly unknown[] | undefined) ?? [])
          : [];
  return values.filter((word) => typeof word === "string");
}

function rule(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      // A kind of which nothing is registered accepts no value at all.
      return issue.expected === "never" ? issue.message : `must be ${article(issue.expected)}`;
    case "too_small":
      return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}${unit(issue.origin)}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "invalid_union":
      return unionRule(issue);
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  }
}

/** The words that tell the branches of a union apart, where words do. */
function kindsOf(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] | undefined {
  // A kind that may be left out stands among them as undefined.
  return (issue as { readonly options?: readonly unknown[] }).options?.filter((kind) => kind !== undefined);
}

/** "must be a number or "auto"", where each branch says so little; what it says itself otherwise. */
function unionRule(issue: z.core.$ZodIssueInvalidUnion): string {
  const { errors, message } = issue;
  const kinds = kindsOf(issue);
  if (kinds !== undefined) return `must be ${kinds.map((kind) => JSON.stringify(kind)).join(" or ")}`;
  const rules = errors.map((branch) =>
    branch.length === 1 && branch[0].path.length === 0 ? rule(branch[0]) : "",
  );
  if (rules.length > 0 && rules.every((each) => each.startsWith("must be ")))
    return `must be ${[...new Set(rules)].map((each) => each.slice("must be ".length)).join(" or ")}`;
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function article(type: string): string {
  if (type === "int") return "a whole number";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function unit(origin: string): string {
  if (origin === "string") return " characters long";
  return origin === "array" || origin === "set" ? " entries long" : "";
}
