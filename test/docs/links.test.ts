/** Links in the documents lead somewhere: each relative one to a file or a folder, and to a heading if it names one. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const documents = ['*.md', 'docs/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();

/** Pages of the site that shows the repository, not files of it. */
const OF_THE_SITE: ReadonlySet<string> = new Set(['../../security/advisories/new']);

/** A document without its code, where brackets are no links and # begins a comment. */
function prose(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
}

/** What links in a document lead to, those to other sites left out. */
function linksIn(text: string): string[] {
  return [...text.replaceAll(/`[^`\n]*`/g, 'code').matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target) && !OF_THE_SITE.has(target));
}

/** The anchors of the headings, as the site makes them: small letters, no signs, hyphens for spaces, numbers for twins. */
function anchorsIn(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...text.matchAll(/^#{1,6} +(.*)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const twins = seen.get(anchor) ?? 0;
    seen.set(anchor, twins + 1);
    return twins === 0 ? anchor : `${anchor}-${twins}`;
  });
  return new Set(anchors);
}

/** Why a link leads nowhere; undefined if it leads somewhere. */
function trouble(document: string, link: string): string | undefined {
  const [file = '', anchor] = decodeURI(link).split('#');
  const path = file === '' ? join(ROOT, document) : join(ROOT, dirname(document), file);
  if (!existsSync(path)) return `${document}: ${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  return anchorsIn(prose(path)).has(anchor) ? undefined : `${document}: ${link}: there is no such heading`;
}

test('there are documents with links', () => {
  assert.ok(documents.includes('README.md') && documents.includes(join('docs', 'client.md')));
  assert.ok(documents.flatMap((document) => linksIn(prose(join(ROOT, document)))).length > documents.length);
});

for (const document of documents) {
  test(`${document}: every link leads somewhere`, () => {
    const troubles = linksIn(prose(join(ROOT, document))).map((link) => trouble(document, link));
    assert.deepEqual(
      troubles.filter((text) => text !== undefined),
      [],
    );
  });
}

test('links that lead nowhere are seen', () => {
  const text = '[a](absent.md) [b](README.md#absent) [c](https://example.org) [d](#absent) `[e](absent.md)`';
  const troubles = linksIn(text).map((link) => trouble('README.md', link));
  assert.deepEqual(troubles, [
    'README.md: absent.md: there is no such file',
    'README.md: README.md#absent: there is no such heading',
    'README.md: #absent: there is no such heading',
  ]);
  assert.deepEqual([...anchorsIn('# A `b`, c-d\n## A b c-d\n')], ['a-b-c-d', 'a-b-c-d-1']);
});
