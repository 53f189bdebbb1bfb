/** All manual pages; run as a program it writes their files. */
import { writeFileSync } from 'node:fs';
import { benchManual } from '../bench/manual.ts';
import { dumpManual } from '../db-dump/manual.ts';
import { passwdManual } from '../passwd/manual.ts';
import { toolManual } from '../tool/manual.ts';
import { brokerManual } from './broker.ts';
import { configurationManual } from './configuration.ts';
import { linkToolsManual } from './link-tools.ts';
import { overviewManual } from './overview.ts';
import type { Page } from './page.ts';
import { roff } from './roff.ts';

/** In the order of the overview. */
export const PAGES: readonly Page[] = [
  overviewManual(),
  brokerManual(),
  configurationManual(),
  toolManual('pub'),
  toolManual('sub'),
  toolManual('rr'),
  passwdManual(),
  dumpManual(),
  benchManual(),
  linkToolsManual(),
];

/** The path of a page's file in the package. */
export function manualFile({ name, chapter }: Page): string {
  return `man/${name}.${chapter}`;
}

if (import.meta.main) {
  for (const page of PAGES)
    writeFileSync(new URL(`../../../${manualFile(page)}`, import.meta.url), roff(page));
}
