/** Properties of messages and wills as Mosquitto's persist-sqlite plugin writes them: a JSON array in a column of text. */
import { NO_PROPERTIES } from '../protocol/properties.ts';
import type { Properties } from '../protocol/properties.ts';

interface Entry {
  readonly identifier?: unknown;
  readonly name?: unknown;
  readonly value?: unknown;
}

/** Properties that are being read. */
type Mutable = { -readonly [Name in keyof Properties]: Properties[Name] } & {
  userProperties?: (readonly [name: string, value: string])[];
};

/** One property: what it is called there, and the way there and back. `undefined` for a value that cannot be. */
interface Mapping {
  readonly name: keyof Properties;
  readonly write: (properties: Properties) => readonly Entry[];
  readonly read: (entry: Entry, into: Mutable) => void;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function textual(identifier: string, name: 'contentType' | 'responseTopic'): [string, Mapping] {
  return [
    identifier,
    {
      name,
      write: (from) => [{ identifier, value: from[name] }],
      read: ({ value }, into) => void (into[name] = text(value)),
    },
  ];
}

function numeric(
  identifier: string,
  name: 'payloadFormatIndicator' | 'messageExpiryInterval',
): [string, Mapping] {
  return [
    identifier,
    {
      name,
      write: (from) => [{ identifier, value: from[name] }],
      read: ({ value }, into) => void (into[name] = Math.trunc(Number(value)) || 0),
    },
  ];
}

/** By Mosquitto's names. */
const MAPPINGS: ReadonlyMap<string, Mapping> = new Map([
  numeric('payload-format-indicator', 'payloadFormatIndicator'),
  textual('content-type', 'contentType'),
  textual('response-topic', 'responseTopic'),
  [
    'correlation-data',
    {
      name: 'correlationData',
      write: ({ correlationData }) => [
        {
          identifier: 'correlation-data',
          value: Buffer.from(correlationData ?? [])
            .toString('hex')
            .toUpperCase(),
        },
      ],
      read: ({ value }, into) =>
        void (into.correlationData = new Uint8Array(Buffer.from(text(value), 'hex'))),
    },
  ],
  [
    'user-property',
    {
      name: 'userProperties',
      write: ({ userProperties = [] }) =>
        userProperties.map(([name, value]) => ({ identifier: 'user-property', name, value })),
      read: ({ name, value }, into) => {
        (into.userProperties ??= []).push([text(name), text(value)]);
      },
    },
  ],
]);

/** Of a will the interval is kept as well: its time begins when it is published, so no column can hold the end. */
const WILL_MAPPINGS: ReadonlyMap<string, Mapping> = new Map([
  ...MAPPINGS,
  numeric('message-expiry-interval', 'messageExpiryInterval'),
]);

/** Whose properties: a message's expiry is in a column of its own. */
export type PropertiesOf = 'message' | 'will';

const BY_OWNER: Readonly<Record<PropertiesOf, ReadonlyMap<string, Mapping>>> = {
  message: MAPPINGS,
  will: WILL_MAPPINGS,
};

const byName = (mappings: ReadonlyMap<string, Mapping>): ReadonlyMap<string, Mapping> =>
  new Map([...mappings.values()].map((mapping) => [mapping.name, mapping]));

const BY_NAME: Readonly<Record<PropertiesOf, ReadonlyMap<string, Mapping>>> = {
  message: byName(MAPPINGS),
  will: byName(WILL_MAPPINGS),
};

/** The column's text, in the order of the properties; undefined for NULL: there are none to keep. */
export function propertiesToJson(properties: Properties, owner: PropertiesOf): string | undefined {
  if (properties === NO_PROPERTIES) return undefined;
  const entries: Entry[] = [];
  for (const name of Object.keys(properties)) {
    const mapping = BY_NAME[owner].get(name);
    if (mapping !== undefined) entries.push(...mapping.write(properties));
  }
  return entries.length === 0 ? undefined : JSON.stringify(entries);
}

/** The way back. What is no such array, or a property that is not known, counts as absent. */
export function propertiesFromJson(json: unknown, owner: PropertiesOf): Properties {
  if (typeof json !== 'string' || json === '') return NO_PROPERTIES;
  const into: Mutable = {};
  for (const entry of entriesOf(json)) BY_OWNER[owner].get(text(entry.identifier))?.read(entry, into);
  return Object.keys(into).length === 0 ? NO_PROPERTIES : into;
}

function entriesOf(json: string): readonly Entry[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    // Written by someone else: the message is worth more than its properties
    return [];
  }
}
