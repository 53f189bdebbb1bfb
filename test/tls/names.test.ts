/** Subjects as `openssl` prints them for RFC 2253. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { peerCertificate } from '../../src/transport/peer-certificate.ts';
import { Scratch } from '../cli/program.ts';
import { Authority, openssl, testWithOpenssl } from './authority.ts';

/** Written as `openssl req -subj` takes them: a backslash before a slash or a plus that belongs to the text. */
const SUBJECTS = [
  '/CN=sensor',
  '/C=DE/ST=Berlin/L=Berlin/O=Example GmbH/OU=IoT/CN=sensor 7/emailAddress=a@example.org',
  '/DC=org/DC=example/UID=me/CN=Ärger, "quoted" <tag>; back\\\\slash',
  '/O=a+OU=b/CN=c+serialNumber=17',
  '/CN=#hash/O= blanks ',
  '/GN=Ada/SN=Lovelace/street=St James\\/Square/CN=日本語😀',
];

testWithOpenssl('subjects are the text of OpenSSL', () => {
  using scratch = new Scratch();
  const root = Authority.root(scratch);
  for (const [at, subject] of SUBJECTS.entries()) {
    const { certificate } = root.issue(`name${at}`, { subject });
    const printed = openssl('x509', '-in', certificate, '-noout', '-subject', '-nameopt', 'RFC2253');
    const read = peerCertificate(new X509Certificate(readFileSync(certificate)));
    assert.equal(`subject=${read.subject}\n`, printed);
  }
});
