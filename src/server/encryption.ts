/** TLS of one listener: its options and files become what handshakes go by, at start and at each reload. */
import { createHash } from 'node:crypto';
import type { Log } from '../base/log.ts';
import type { ListenerConfig } from '../config/config.ts';
import { authoritiesOf, contextOf, readLists } from '../transport/secure-context.ts';
import type { TlsSettings } from '../transport/secure-context.ts';
import { Tls } from '../transport/tls.ts';
import type { TlsSurroundings, TlsTerms } from '../transport/tls.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { usesTls } from './on-demand.ts';
import { tell } from './tell.ts';
import { readTlsFiles, tlsPaths } from './tls-files.ts';

export interface EncryptionSurroundings extends TlsSurroundings {
  readonly log: Log;
  /** The pre-shared key of an identity on this listener. */
  readonly keyOf: (identity: string) => Uint8Array | undefined;
}

/** Whether a listener has TLS, `plain` if not; `failed` if its options are wrong, and the log says how. */
export type OpenedEncryption = ListenerEncryption | 'plain' | 'failed';

export class ListenerEncryption {
  readonly tls: Tls;
  readonly #surroundings: EncryptionSurroundings;
  /** The configuration in force. */
  #config: ListenerConfig;
  /** What the terms in force were made of. */
  #source: string;
  readonly #watch: CertificateWatch;

  private constructor(config: ListenerConfig, settings: TlsSettings, surroundings: EncryptionSurroundings) {
    this.tls = new Tls(termsOf(config, settings, surroundings), surroundings);
    this.#config = config;
    this.#source = sourceOf(config, settings);
    this.#surroundings = surroundings;
    this.#watch = new CertificateWatch(
      () => tlsPaths(this.#config),
      () => this.renew(this.#config),
    );
  }

  static open(config: ListenerConfig, surroundings: EncryptionSurroundings): OpenedEncryption {
    if (!usesTls(config)) return 'plain';
    const { settings, problems } = readTlsFiles(config);
    tell(surroundings.log, problems);
    if (settings === undefined) return 'failed';
    return new ListenerEncryption(config, settings, surroundings);
  }

  /** Looks after the files from now on, if the configuration says so. */
  watch(): void {
    if (this.#config.tls_reload_on_change) this.#watch.start();
    else this.#watch.stop();
  }

  close(): void {
    this.#watch.stop();
  }

  /**
   * Reads the files again, for handshakes from now on; sessions that began before are not resumed. What is wrong with
   * them is in the log, and then everything stays as it was. Without a change so it does too.
   */
  renew(config: ListenerConfig): void {
    this.#config = config;
    this.watch();
    const { settings, problems } = readTlsFiles(config);
    if (settings === undefined) {
      const { certfile, keyfile } = config;
      const text = `Error when reloading certificate '${certfile ?? ''}' or key '${keyfile ?? ''}'.`;
      tell(this.#surroundings.log, [{ level: 'error', text }, ...problems]);
      return;
    }
    const source = sourceOf(config, settings);
    if (source === this.#source) return;
    tell(this.#surroundings.log, problems);
    this.tls.terms = termsOf(config, settings, this.#surroundings);
    this.#source = source;
    const text = `The TLS files and options of the listener on port ${config.port} have changed; they count from now on.`;
    this.#surroundings.log.event('configInformation', { text });
  }
}

/** Everything that the terms depend on, to be compared; as a hash, because the private key is part of it. */
function sourceOf(config: ListenerConfig, settings: TlsSettings): string {
  const { require_certificate, disable_client_cert_date_checks, psk_hint } = config;
  const all = [settings, require_certificate, disable_client_cert_date_checks, psk_hint];
  return createHash('sha256').update(JSON.stringify(all)).digest('base64');
}

function termsOf(config: ListenerConfig, settings: TlsSettings, { keyOf }: EncryptionSurroundings): TlsTerms {
  const { psk_hint: hint } = config;
  return {
    context: contextOf(settings),
    clientCertificates:
      config.require_certificate && hint === undefined
        ? {
            authorities: authoritiesOf(settings),
            revocations: settings.revoked === undefined ? undefined : readLists(settings.revoked),
            ignoresDates: config.disable_client_cert_date_checks,
          }
        : undefined,
    preSharedKeys: hint === undefined ? undefined : { hint, keyOf },
  };
}
