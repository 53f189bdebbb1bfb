/** Lists of revoked certificates, made by `openssl`. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DerError } from '../../src/transport/der.ts';
import { RevocationLists } from '../../src/transport/revocation.ts';
import { Scratch } from '../cli/program.ts';
import { Authority, bundle, CA, EC, openssl, RSA, testWithOpenssl } from './authority.ts';
import type { KeyPair } from './authority.ts';

const x509 = ({ certificate }: KeyPair): X509Certificate => new X509Certificate(readFileSync(certificate));
const lists = (path: string): RevocationLists => new RevocationLists(readFileSync(path, 'utf8'));

/** What the lists of a file have against a certificate of these issuers. */
function verdict(path: string, leaf: KeyPair, ...issuers: readonly KeyPair[]): string | undefined {
  return lists(path).faultOf(x509(leaf), issuers.map(x509), Date.now())?.problem;
}

for (const [name, key, more] of [
  ['ECDSA', EC, []],
  ['RSA', RSA, []],
  ['RSA-PSS', RSA, ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32']],
  ['Ed25519', ['-algorithm', 'ED25519'], ['-md', 'null']],
] as const) {
  testWithOpenssl(`a list signed with ${name} is understood`, () => {
    using scratch = new Scratch();
    const root = Authority.root(scratch, 'root', { key });
    const [good, bad] = [root.issue('good', { more }), root.issue('bad', { more })];
    root.revoke(bad);
    const list = root.list('root.crl', { more });
    assert.equal(verdict(list, good, root), undefined);
    assert.equal(verdict(list, bad, root), 'certificate revoked');
  });
}

testWithOpenssl('only a list of the issuer counts, and it must be genuine', () => {
  using scratch = new Scratch();
  const [root, other] = [Authority.root(scratch), Authority.root(scratch, 'other')];
  const impostor = Authority.root(scratch, 'impostor', { subject: '/O=Test/CN=root CA' });
  const leaf = root.issue('leaf');
  assert.equal(verdict(other.list(), leaf, root, other), 'unable to get certificate CRL');
  assert.equal(verdict(impostor.list(), leaf, root, impostor), 'CRL signature failure');
  assert.equal(verdict(root.list(), leaf, other), 'unable to get CRL issuer certificate');
  assert.equal(verdict(bundle(scratch, 'both.crl', other.list(), root.list()), leaf, root), undefined);
});

testWithOpenssl('lists out of date refuse, and one of two that is current is enough', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const leaf = root.issue('leaf');
  const old = root.list('old.crl', { toDays: -1 });
  assert.equal(verdict(old, leaf, root), 'CRL has expired');
  assert.ok(lists(old).nextUpdate < Date.now());
  const early = root.list('early.crl', { more: ['-crl_lastupdate', '20990101000000Z'], toDays: 36_500 });
  assert.equal(verdict(early, leaf, root), 'CRL is not yet valid');
  assert.equal(verdict(bundle(scratch, 'all.crl', old, early, root.list()), leaf, root), undefined);
});

testWithOpenssl('an authority whose key may not sign lists signs none', () => {
  using scratch = new Scratch();
  const extensions = [...CA.filter((line) => !line.startsWith('keyUsage')), 'keyUsage=critical,keyCertSign'];
  const root = Authority.root(scratch, 'root', { extensions });
  assert.equal(verdict(root.list(), root.issue('leaf'), root), 'CRL signature failure');
});

testWithOpenssl('lists that are not complete, forged or no lists at all are refused', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  root.revoke(root.issue('gone'));
  const config = readFileSync(scratch.at('root.cnf'), 'utf8');
  scratch.file(
    'root.cnf',
    `${config}[partial]\nissuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE\n`,
  );
  const partial = root.list('partial.crl', { more: ['-crlexts', 'partial'] });
  assert.throws(() => lists(partial), /2\.5\.29\.28/);
  for (const path of [root.certificate, root.key]) assert.throws(() => lists(path), DerError);
  scratch.file('weak.cnf', config.replace('default_md = sha256', 'default_md = sha1'));
  const weak = scratch.at('weak.crl');
  openssl('ca', '-batch', '-config', scratch.at('weak.cnf'), '-gencrl', '-out', weak);
  assert.throws(() => lists(weak), /not trusted/);
});

testWithOpenssl('a list with one bit changed is no list, or not genuine', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  const [leaf, gone] = [root.issue('leaf'), root.issue('gone')];
  root.revoke(gone);
  const der = scratch.at('root.crl.der');
  openssl('crl', '-in', root.list(), '-outform', 'DER', '-out', der);
  const bytes = readFileSync(der);
  const [certificate, issuer] = [x509(leaf), x509(root)];
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const copy = Buffer.from(bytes);
    copy[bit >> 3]! ^= 1 << (bit & 7);
    const pem = `-----BEGIN X509 CRL-----\n${copy.toString('base64')}\n-----END X509 CRL-----\n`;
    try {
      assert.notEqual(
        new RevocationLists(pem).faultOf(certificate, [issuer], Date.now()),
        undefined,
        `bit ${bit}`,
      );
    } catch (error) {
      assert.ok(error instanceof DerError, `bit ${bit}: ${String(error)}`);
    }
  }
});
