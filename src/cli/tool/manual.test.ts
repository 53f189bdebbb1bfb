import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { optionsOf } from './arguments.ts';
import { toolManual } from './manual.ts';
import { TOOL_TEXTS } from './tool-text.ts';
import { usage } from './usage.ts';

for (const name of ['pub', 'sub', 'rr'] as const) {
  test(`man/zanzara-${name}.1 is up to date: node src/cli/tool/manual.ts`, () => {
    const page = new URL(`../../../man/zanzara-${name}.1`, import.meta.url);
    assert.equal(readFileSync(page, 'utf8'), toolManual(name));
  });

  test(`the page and the help of ${name} have every option`, () => {
    const page = toolManual(name).replaceAll('\\-', '-');
    const help = usage(`zanzara ${name}`, TOOL_TEXTS[name]);
    for (const { names } of optionsOf(TOOL_TEXTS[name].letter)) {
      const all = names.join(', ');
      assert.ok(page.includes(`"${all}"`) || page.includes(`.B ${all}\n`), all);
      assert.ok(help.includes(`\n ${all} : `), all);
      assert.ok(help.includes(`[${names[0]}`), all);
    }
    assert.ok(
      help.split('\n').every((line) => line.length <= 112),
      'lines that fit',
    );
  });

  test(`man shows the page of ${name} without a warning`, (t) => {
    const path = fileURLToPath(new URL(`../../../man/zanzara-${name}.1`, import.meta.url));
    const { error, stderr, status } = spawnSync('man', ['--warnings', '-l', '-Tutf8', path], {
      encoding: 'utf8',
    });
    if (error !== undefined) {
      t.skip('man is not installed');
      return;
    }
    assert.deepEqual([status, stderr], [0, '']);
  });
}
