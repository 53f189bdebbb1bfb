/** The path to an authority where dates do not count: everything else does. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathFault } from '../../src/transport/certificate-path.ts';
import { Scratch } from '../cli/program.ts';
import { Authority, CA, testWithOpenssl } from './authority.ts';
import type { KeyPair } from './authority.ts';

const x509 = ({ certificate }: KeyPair): X509Certificate => new X509Certificate(readFileSync(certificate));

function fault(
  leaf: KeyPair | X509Certificate,
  trusted: readonly KeyPair[],
  sent: readonly KeyPair[] = [],
): string | undefined {
  const certificate = leaf instanceof X509Certificate ? leaf : x509(leaf);
  return pathFault(certificate, trusted.map(x509), sent.map(x509), Date.now())?.problem;
}

const PAST = { fromDays: -20, toDays: -10 } as const;
const UNTRUSTED = 'unable to get local issuer certificate';

testWithOpenssl('certificates out of date are all right if nothing else is wrong', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const middle = root.authority('middle');
  const [expired, early, deep] = [
    root.issue('expired', PAST),
    root.issue('early', { fromDays: 10, toDays: 20 }),
    middle.issue('deep', PAST),
  ];
  assert.equal(fault(expired, [root]), undefined);
  assert.equal(fault(early, [root]), undefined);
  assert.equal(fault(deep, [root], [middle]), undefined);
  assert.equal(fault(deep, [root, middle]), undefined);
  assert.equal(fault(deep, [root]), UNTRUSTED);
  assert.equal(fault(deep, [middle]), UNTRUSTED, 'the path must lead to the root');
});

testWithOpenssl('nobody is believed who is not trusted', () => {
  using scratch = new Scratch();
  const [root, other] = [Authority.root(scratch), Authority.root(scratch, 'other')];
  const impostor = Authority.root(scratch, 'impostor', { subject: '/O=Test/CN=root CA' });
  assert.equal(fault(other.issue('a', PAST), [root]), UNTRUSTED);
  assert.equal(fault(other.issue('b', PAST), [root], [other]), UNTRUSTED);
  assert.equal(fault(impostor.issue('c', PAST), [root], [impostor]), UNTRUSTED);
  assert.notEqual(fault(impostor, [root], [impostor]), undefined);
});

testWithOpenssl('a certificate with any bit changed is not believed', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const { raw } = x509(root.issue('expired', PAST));
  for (let bit = 0; bit < raw.length * 8; bit += 7) {
    const copy = Buffer.from(raw);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    let changed: X509Certificate;
    try {
      changed = new X509Certificate(copy);
    } catch {
      continue; // OpenSSL would not have read it
    }
    let result: string | undefined;
    try {
      result = fault(changed, [root]);
    } catch (error) {
      result = String(error); // `judge` refuses what cannot be read
    }
    assert.notEqual(result, undefined, `bit ${bit}`);
  }
});

testWithOpenssl('who is no authority issues nothing', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const plain = root.authority('plain', { extensions: ['basicConstraints=CA:FALSE'] });
  assert.equal(fault(plain.issue('a', PAST), [root], [plain]), 'invalid CA certificate');
  const mute = root.authority('mute', {
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'],
  });
  assert.notEqual(fault(mute.issue('b', PAST), [root], [mute]), undefined);
  const [short] = [root.authority('short', { extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'] })];
  const below = short.authority('below', { extensions: CA });
  assert.equal(fault(short.issue('c', PAST), [root], [short]), undefined);
  assert.equal(fault(below.issue('d', PAST), [root], [short, below]), 'invalid CA certificate');
  const old = root.authority('old', PAST);
  assert.equal(fault(old.issue('e'), [root], [old]), 'CA certificate has expired or is not yet valid');
});

testWithOpenssl('purposes, unknown conditions and weak keys', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const issue = (name: string, ...extensions: readonly string[]): KeyPair =>
    root.issue(name, { ...PAST, extensions });
  assert.equal(fault(issue('a', 'extendedKeyUsage=serverAuth'), [root]), 'unsuitable certificate purpose');
  assert.equal(fault(issue('b', 'extendedKeyUsage=serverAuth,clientAuth'), [root]), undefined);
  assert.equal(fault(issue('c', 'keyUsage=keyEncipherment'), [root]), 'unsuitable certificate purpose');
  assert.equal(fault(issue('d', 'keyUsage=critical,digitalSignature'), [root]), undefined);
  assert.equal(fault(issue('e', '1.2.3.4=critical,DER:0500'), [root]), 'unhandled critical extension');
  const limited = root.authority('limited', {
    extensions: [...CA, 'nameConstraints=permitted;DNS:example.org'],
  });
  assert.equal(fault(limited.issue('f', PAST), [root], [limited]), 'unhandled critical extension');
  const key = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'];
  assert.equal(fault(root.issue('g', { ...PAST, key }), [root]), 'key too weak');
});
