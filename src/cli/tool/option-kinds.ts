/** The kinds of options, so that a row says only what is its own. */
import type { ToolDraft, ToolLetter, ToolOption } from './tool-option.ts';

/** What a row does with its value; a text is what is wrong with it. */
type Set<Value> = (draft: ToolDraft, value: Value) => string | undefined | void;

function lettersOf(tools: string): readonly ToolLetter[] {
  return tools.split('') as ToolLetter[];
}

export function flag(
  tools: string,
  names: readonly string[],
  help: string,
  set: (draft: ToolDraft) => string | undefined | void,
): ToolOption {
  return { names, tools: lettersOf(tools), text: help, take: (draft) => set(draft) ?? undefined };
}

/** `thing`: what a missing value is called. */
export function text(
  tools: string,
  names: readonly string[],
  value: string,
  thing: string,
  help: string,
  set: Set<string>,
): ToolOption {
  return {
    names,
    tools: lettersOf(tools),
    value,
    text: help,
    take: (draft, words) => {
      const word = words.next();
      if (word === undefined) return `Error: ${names[0]} argument given but no ${thing} specified.\n`;
      return set(draft, word) ?? undefined;
    },
  };
}

/** A number within bounds; as C reads it: what is no number is 0. */
export function limited(
  tools: string,
  names: readonly string[],
  value: string,
  thing: string,
  help: string,
  {
    low,
    high,
    refuse,
    set,
  }: {
    readonly low: number;
    readonly high: number;
    readonly refuse: (number: number) => string;
    readonly set: Set<number>;
  },
): ToolOption {
  return text(tools, names, value, thing, help, (draft, word) => {
    const number = Number.parseInt(word, 10) || 0;
    return number < low || number > high ? refuse(number) : set(draft, number);
  });
}

/** A number with a lower bound only. */
export function integer(
  tools: string,
  names: readonly string[],
  value: string,
  thing: string,
  help: string,
  rule: { readonly low: number; readonly refuse: (number: number) => string; readonly set: Set<number> },
): ToolOption {
  return limited(tools, names, value, thing, help, { ...rule, high: 2_147_483_647 });
}
