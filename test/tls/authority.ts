/** Certificate authorities made for the occasion, by `openssl`. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Scratch } from '../cli/program.ts';
import { isInstalled as isMosquittoInstalled } from '../interop/mosquitto.ts';

const MISSING =
  'openssl or mosquitto-clients is not installed: apt-get install openssl mosquitto mosquitto-clients';

const isInstalled = spawnSync('openssl', ['version']).error === undefined && isMosquittoInstalled;

/** A test of TLS against real programs. Without them it is skipped, but in CI it fails: they belong there. */
export function testWithOpenssl(name: string, run: (t: TestContext) => Promise<void> | void): void {
  const skip = isInstalled || process.env['CI'] === 'true' ? false : MISSING;
  test(name, { skip }, async (t) => {
    if (!isInstalled) throw new Error(MISSING);
    await run(t);
  });
}

/** Runs `openssl` to its end, and gives what it prints. */
export function openssl(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The files of a certificate and its key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says. */
export interface Wishes {
  /** As `openssl req -subj` takes it: `/CN=name`. */
  readonly subject?: string;
  /** Days from now; a day is 86,400 seconds. */
  readonly fromDays?: number;
  readonly toDays?: number;
  /** Lines of an extension section. */
  readonly extensions?: readonly string[];
  /** How `openssl genpkey` makes the key. */
  readonly key?: readonly string[];
  /** Further arguments of `openssl ca`. */
  readonly more?: readonly string[];
}

export const EC: readonly string[] = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const RSA: readonly string[] = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];

const LEAF = ['basicConstraints=CA:FALSE', 'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
export const CA: readonly string[] = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
];
const SERVER = [...LEAF, 'subjectAltName=DNS:localhost,IP:127.0.0.1'];

/** What a name may consist of. */
const FIELDS = [
  'C',
  'ST',
  'L',
  'O',
  'OU',
  'CN',
  'serialNumber',
  'emailAddress',
  'UID',
  'DC',
  'street',
  'GN',
  'SN',
];

/** An authority. Its files are in the folder of the test, and everybody may read them. */
export class Authority implements KeyPair {
  readonly certificate: string;
  readonly key: string;
  readonly #scratch: Scratch;
  readonly #name: string;

  private constructor(scratch: Scratch, name: string, { certificate, key }: KeyPair) {
    this.#scratch = scratch;
    this.#name = name;
    this.certificate = certificate;
    this.key = key;
    this.#prepare();
  }

  /** One that everything starts from. */
  static root(scratch: Scratch, name = 'root', wishes: Wishes = {}): Authority {
    const { subject = `/O=Test/CN=${name} CA`, key = EC, extensions = CA } = wishes;
    const pair = newKey(scratch, name, key);
    const more = extensions.flatMap((line) => ['-addext', line]);
    const config = scratch.file(
      `${name}.req.cnf`,
      '[req]\ndistinguished_name=dn\nstring_mask=utf8only\n[dn]\n',
    );
    const files = ['-config', config, '-key', pair.key, '-out', pair.certificate];
    openssl('req', '-x509', '-new', ...files, '-subj', subject, '-days', '3650', ...more);
    chmodSync(pair.certificate, 0o644);
    return new Authority(scratch, name, pair);
  }

  /** One below this one. */
  authority(name: string, wishes: Wishes = {}): Authority {
    const pair = this.issue(name, { subject: `/O=Test/CN=${name} CA`, extensions: CA, ...wishes });
    return new Authority(this.#scratch, name, pair);
  }

  /** A certificate for `localhost`. */
  server(name = 'server', wishes: Wishes = {}): KeyPair {
    return this.issue(name, { extensions: SERVER, ...wishes });
  }

  /** A certificate, by default of a client. */
  issue(name: string, wishes: Wishes = {}): KeyPair {
    const { subject = `/CN=${name}`, fromDays = -1, toDays = 365, extensions = LEAF } = wishes;
    const pair = newKey(this.#scratch, name, wishes.key ?? EC);
    const request = this.#scratch.at(`${name}.csr`);
    const section = this.#scratch.file(`${name}.ext`, `${extensions.join('\n')}\n`);
    openssl('req', '-new', '-utf8', '-multivalue-rdn', '-key', pair.key, '-subj', subject, '-out', request);
    const files = ['-in', request, '-out', pair.certificate, '-extfile', section];
    this.#ca(...files, '-startdate', dateOf(fromDays), '-enddate', dateOf(toDays), ...(wishes.more ?? []));
    chmodSync(pair.certificate, 0o644);
    return pair;
  }

  revoke({ certificate }: KeyPair): void {
    this.#ca('-revoke', certificate);
  }

  /** Writes the list of what was revoked. Its path. */
  list(name = `${this.#name}.crl`, wishes: Pick<Wishes, 'toDays' | 'more'> = {}): string {
    const path = this.#scratch.at(name);
    const dates = wishes.toDays === undefined ? [] : ['-crl_nextupdate', dateOf(wishes.toDays)];
    const past = (wishes.toDays ?? 1) < 0 ? ['-crl_lastupdate', dateOf((wishes.toDays ?? 0) - 1)] : [];
    this.#ca('-gencrl', '-out', path, ...past, ...dates, ...(wishes.more ?? []));
    chmodSync(path, 0o644);
    return path;
  }

  #ca(...args: readonly string[]): void {
    openssl('ca', '-batch', '-notext', '-config', this.#scratch.at(`${this.#name}.cnf`), ...args);
  }

  #prepare(): void {
    const file = (suffix: string): string => this.#scratch.at(`${this.#name}.${suffix}`);
    this.#scratch.file(`${this.#name}.index`, '');
    this.#scratch.file(`${this.#name}.index.attr`, 'unique_subject = no\n');
    this.#scratch.file(`${this.#name}.number`, '01\n');
    const lines = [
      '[ca]',
      'default_ca = this',
      '[this]',
      `database = ${file('index')}`,
      `crlnumber = ${file('number')}`,
      `certificate = ${this.certificate}`,
      `private_key = ${this.key}`,
      `new_certs_dir = ${this.#scratch.path}`,
      'rand_serial = yes',
      'default_md = sha256',
      'default_crl_days = 30',
      'policy = any',
      'preserve = yes',
      'string_mask = utf8only',
      'copy_extensions = none',
      '[any]',
      ...FIELDS.map((field) => `${field} = optional`),
    ];
    this.#scratch.file(`${this.#name}.cnf`, `${lines.join('\n')}\n`);
  }
}

function newKey(scratch: Scratch, name: string, algorithm: readonly string[]): KeyPair {
  const pair = { certificate: scratch.at(`${name}.crt`), key: scratch.at(`${name}.key`) };
  openssl('genpkey', ...algorithm, '-out', pair.key);
  chmodSync(pair.key, 0o644); // the broker does not stay root
  return pair;
}

/** As `openssl ca` takes it: `20260131235959Z`. */
function dateOf(days: number): string {
  const date = new Date(Date.now() + days * 86_400_000);
  return date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}

/** Several files as one, in this order. */
export function bundle(scratch: Scratch, name: string, ...paths: readonly string[]): string {
  return scratch.file(name, paths.map((path) => readFileSync(path, 'utf8')).join(''));
}
