import type { Broker, BrokerName } from './broker.ts';
import { Client } from './client.ts';
import { packets, type ConnectOptions, type Packets, type Version } from './packets.ts';

/** A reason, for all versions or for some. */
export type PerVersion = string | Partial<Record<Version, string>>;

/** What a script needs and where it holds. */
export interface ScriptOptions {
  /** The versions it is played for; 3.1.1 and 5.0 when left out. */
  readonly versions?: readonly Version[];
  /** Further lines of mosquitto.conf; scripts with the same lines share a broker. */
  readonly config?: string;
  /** It needs a broker of its own: it stops it, or listens to everything. */
  readonly alone?: boolean;
  /** It waits for seconds, or works for them: it begins first. */
  readonly slow?: boolean;
  /** Why a broker fails it, knowingly. It must fail then. */
  readonly differs?: Partial<Record<BrokerName, PerVersion>>;
  /** Why it cannot be played on a broker at all. */
  readonly without?: Partial<Record<BrokerName, string>>;
}

/** What a script works with. */
export interface Context {
  readonly version: Version;
  readonly broker: Broker;
  /** Builders of the packets of this version. */
  readonly p: Packets;
  /** A topic of this script alone: put levels behind it. */
  readonly topic: string;
  /** A client identifier of this script alone. */
  id(name: string): string;
  /** Opens a TCP connection and sends nothing. */
  open(version?: Version): Promise<Client>;
  /** Connects, by default with Clean Start and an identifier of its own, and sees the CONNACK 0. */
  connect(options?: ConnectOptions & { readonly version?: Version }): Promise<Client>;
}

/** A script as written: one title, one behaviour, several versions. */
export interface Script extends ScriptOptions {
  readonly number: number;
  readonly title: string;
  readonly versions: readonly Version[];
  readonly run: (context: Context) => Promise<void>;
}

const all: Script[] = [];

/** The scripts of all files imported so far. */
export const scripts: readonly Script[] = all;

/** Writes a byte script. The title begins with the anchors it proves, or with `as Mosquitto:`. */
export function conformance(title: string, options: ScriptOptions, run: Script['run']): void {
  all.push({ versions: [4, 5], ...options, number: all.length + 1, title, run });
}

/** The reason why a script fails on a broker, where it is declared. */
export function declared(script: Script, broker: BrokerName, version: Version): string | undefined {
  const reason = script.differs?.[broker];
  return typeof reason === 'string' ? reason : reason?.[version];
}

/** Plays a script on a broker that has so many milliseconds for each answer, and closes its connections afterwards. */
export async function play(
  script: Script,
  version: Version,
  broker: Broker,
  patience: number,
): Promise<void> {
  const clients: Client[] = [];
  const prefix = `s${script.number}v${version}`;
  const open = async (asVersion: Version = version, clientId = ''): Promise<Client> => {
    const client = await Client.open(broker.port, asVersion, clientId, patience);
    clients.push(client);
    return client;
  };
  const connect: Context['connect'] = async (options = {}) => {
    const clientId = options.clientId ?? `${prefix}x${clients.length}`;
    const client = await open(options.version, clientId);
    client.send(client.p.connect({ ...options, clientId }));
    await client.accepted();
    return client;
  };
  const id = (name: string): string => `${prefix}${name}`;
  try {
    await script.run({ version, broker, p: packets(version), topic: prefix, id, open, connect });
  } finally {
    for (const client of clients) client.drop();
  }
}
