/** The help and the manual pages have the options as they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionsOf } from './arguments.ts';
import { toolManual } from './manual.ts';
import { TOOL_TEXTS } from './tool-text.ts';
import { usage } from './usage.ts';

for (const name of ['pub', 'sub', 'rr'] as const) {
  test(`the page and the help of ${name} have every option`, () => {
    const options = toolManual(name).parts.find(({ title }) => title === 'OPTIONS');
    const terms = options?.entries?.map(({ term }) => term) ?? [];
    const help = usage(`zanzara ${name}`, TOOL_TEXTS[name]);
    for (const { names } of optionsOf(TOOL_TEXTS[name].letter)) {
      const all = names.join(', ');
      assert.ok(terms.includes(all), all);
      assert.ok(help.includes(`\n ${all} : `), all);
      assert.ok(help.includes(`[${names[0]}`), all);
    }
    assert.ok(
      help.split('\n').every((line) => line.length <= 112),
      'lines that fit',
    );
  });
}
