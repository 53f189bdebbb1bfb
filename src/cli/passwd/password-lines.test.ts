/** Edits of password files: whatever the file, they change one user and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../../test/runs.ts';
import { parsePasswordFile } from '../../access/password-file.ts';
import { withHashes, withUser, withoutUser } from './password-lines.ts';

/** By mosquitto_passwd 2.0.11. */
const HASH =
  '$6$MnH7gnBQcttI+zLs$Jl+TJBWsQC1GXwytonjDjUG8vSCgWn2Q1LY7NVZo0FpXGm3omdSV6XoQD2LD4T3XL+1o09FJgnJRweK0pvsVsQ==';
const OTHER = HASH.replace('Mn', 'Nm');

const name = fc.stringMatching(/^[a-c$é][a-c$é#]{0,2}$/);
const line = fc.oneof(
  name.map((user) => `${user}:${OTHER}`),
  name.map((user) => ` ${user} : ${OTHER}\r`),
  fc.constantFrom('', '# a:b', '\r'),
);
const file = fc
  .tuple(fc.array(line), fc.boolean())
  .map(([lines, isEnded]) => lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : ''));

function usersOf(text: string): Record<string, string> {
  const users: Record<string, string> = {};
  for (const raw of text.split('\n')) {
    const [user, secret] = raw.startsWith('#') ? [] : raw.split(':').map((part) => part.trim());
    if (user !== undefined && secret !== undefined) users[user] ??= secret;
  }
  return users;
}

test('a user gets a hash, and nobody else another', () => {
  fc.assert(
    fc.property(file, name, (text, user) => {
      const before = usersOf(text);
      const { text: after, found } = withUser(text, user, HASH);
      assert.equal(found, user in before);
      assert.deepEqual(usersOf(after), { ...before, [user]: HASH });
      assert.equal(after.match(new RegExp(`^ ?${RegExp.escape(user)} ?:`, 'gm'))?.length, 1);
      assert.deepEqual(withUser(after, user, HASH), { text: after, found: true });
    }),
    runs('users set', 300),
  );
});

test('a user goes, and nobody else; a broker reads what is left', () => {
  fc.assert(
    fc.property(file, name, (text, user) => {
      const { [user]: gone, ...others } = usersOf(text);
      const { text: after, found } = withoutUser(text, user);
      assert.equal(found, gone !== undefined);
      assert.deepEqual(usersOf(after), others);
      if (!found) assert.equal(after, text === '' || text.endsWith('\n') ? text : `${text}\n`);
      const single = Object.keys(others).reduce((all, one) => withUser(all, one, HASH).text, after);
      assert.deepEqual(parsePasswordFile(single, 'f').errors, []);
    }),
    runs('users deleted', 300),
  );
});

test('passwords are hashed once, and hashes never', async () => {
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      const hash = async (password: Uint8Array): Promise<string> => {
        assert.equal(password.toString(), 'plain');
        return HASH;
      };
      const plain = `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}zed: plain\t\r\n`;
      const hashed = await withHashes(plain, hash);
      assert.deepEqual(usersOf(hashed), { ...usersOf(text), zed: HASH });
      assert.equal(await withHashes(hashed, () => assert.fail()), hashed);
    }),
    runs('passwords hashed', 100),
  );
});
