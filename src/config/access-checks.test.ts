import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic } from './diagnostic.ts';
import { parseConfig } from './parse.ts';

function problem(text: string): Diagnostic | undefined {
  const result = parseConfig({ file: 'c', text });
  return result.ok ? undefined : result.diagnostics.at(-1);
}

test('an option that says nothing without another one is an error at its line', () => {
  const keys = 'jwt_secret_file, jwt_public_key_file or jwt_jwks_url';
  const cases: readonly (readonly [text: string, line: number, message: string])[] = [
    ['listener 1\njwt_leeway 3', 2, `Error: 'jwt_leeway' has no effect without ${keys}.`],
    [
      'jwt_secret_file s\njwt_jwks_refresh 60',
      2,
      "Error: 'jwt_jwks_refresh' has no effect without jwt_jwks_url.",
    ],
    ['http_auth_cache 3', 1, "Error: 'http_auth_cache' has no effect without http_auth_url or http_acl_url."],
    [
      'per_listener_settings true\nlistener 1\njwt_secret_file s\nlistener 2\njwt_issuer i',
      5,
      `Error: 'jwt_issuer' has no effect without ${keys}.`,
    ],
  ];
  for (const [text, line, message] of cases) {
    const found = problem(text);
    assert.deepEqual([found?.line, found?.text], [line, message]);
    assert.ok(found?.hint);
  }
  assert.equal(
    problem('jwt_public_key_file k\njwt_issuer i\nhttp_acl_url https://h/\nhttp_auth_cache 1'),
    undefined,
  );
});

test('a token does not become a client identifier', () => {
  const tokens = 'jwt_secret_file s\njwt_from username\n';
  const lines = 'listener 1\nuse_username_as_clientid true';
  const found = problem(tokens + lines);
  assert.equal(found?.text, "Error: use_username_as_clientid cannot be used with 'jwt_from username'.");
  assert.equal(found?.line, 4);
  assert.equal(problem(`per_listener_settings true\n${lines}\nlistener 2\n${tokens}`), undefined);
  assert.equal(problem(`jwt_secret_file s\n${lines}`), undefined);
});
