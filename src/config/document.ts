/** The manual page of all options, printed from the table. `node src/config/document.ts` writes it. */

import { writeFileSync } from 'node:fs';
import { describeValues, writeValue } from './describe.ts';
import type { Needs, Option, Scope } from './option.ts';
import { optionsByScope } from './options.ts';

/** The scopes in the order of the manual: what each is called, and where its options stand in a file. */
export const SCOPE_TEXTS: readonly (readonly [scope: Scope, title: string, text: string])[] = [
  ['global', 'The whole broker', 'May stand anywhere.'],
  [
    'security',
    'Who may connect and do what',
    'For all listeners; with `per_listener_settings true`, for the listener above.',
  ],
  ['listener', 'Listeners', 'Belong to the `listener` line above them.'],
  ['bridge', 'Bridges', 'Belong to the `connection` line above them.'],
  ['plugin', 'Plugins', 'Belong to the plugin line above them.'],
];

const introduction = `# Options

Every option of \`mosquitto.conf\`, with its value and default. A line is an option, a space and a value; a
line that starts with \`#\` is a comment. **Reload**: a new value counts after SIGHUP.

This page is printed from the table in \`src/config/\`: change it there, then \`node src/config/document.ts\`.
`;

const sections: Partial<Record<Needs, string>> = {
  'default listener': 'Creates a listener on port 1883 if there is none above.',
  'declared listener': 'Needs a `listener` line above, not that default one.',
};

/** The text of \`docs/options.md\`. */
export function optionsManual(): string {
  return [introduction, ...SCOPE_TEXTS.map((texts) => chapter(...texts))].join('\n');
}

function chapter(scope: Scope, title: string, text: string): string {
  const rows = Object.entries(optionsByScope[scope]).map(([name, option]) => row(name, option));
  const head = ['| Option | Value | Default | Reload | Meaning |', '| --- | --- | --- | --- | --- |'];
  return [`## ${title}`, '', text, '', ...head, ...rows, ''].join('\n');
}

function row(name: string, option: Option): string {
  const cells = [
    code(name),
    describeValues(option),
    code(defaultOf(option)),
    option.reload ? 'yes' : 'no',
    meaning(option),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** What an option does, with marks of emphasis as in Markdown. */
export function meaning(option: Option): string {
  const sentences = [option.text, option.note, aliases(option), section(option), deprecation(option)];
  return sentences.filter((sentence) => sentence !== undefined).join(' ');
}

function aliases({ aliases: words }: Option): string | undefined {
  return words === undefined ? undefined : `Also ${words.map(code).join(', ')}.`;
}

function section({ needs }: Option): string | undefined {
  return needs === undefined ? undefined : sections[needs];
}

function deprecation({ deprecated }: Option): string | undefined {
  return deprecated === undefined ? undefined : `**Deprecated.** ${deprecated}`.trim();
}

/** Its default as a file would have it; empty if it has none. */
export function defaultOf(option: Option): string {
  return 'default' in option ? writeValue(option.default) : '';
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

if (import.meta.main) {
  writeFileSync(new URL('../../docs/options.md', import.meta.url), optionsManual());
}
