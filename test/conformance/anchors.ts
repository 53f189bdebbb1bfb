import { mqtt311 } from './anchors/mqtt-3.1.1.ts';
import { mqtt5 } from './anchors/mqtt-5.ts';

/** Whom a statement concerns: `both` when a server must keep it too, or must answer a client that does not. */
export type Concerns = 'server' | 'client' | 'both' | 'none';

/** A normative statement. */
export interface Anchor {
  /** As it stands in titles between brackets: `MQTT-3.1.0-2` is of 5.0, `3.1.1:MQTT-3.1.0-2` of 3.1.1. */
  readonly name: string;
  readonly concerns: Concerns;
  /** What it says, in a line of our own. */
  readonly summary: string;
}

/** Every normative statement of MQTT 5.0 and of 3.1.1, by name. */
export const anchors: ReadonlyMap<string, Anchor> = new Map(
  [...parse('MQTT-', mqtt5), ...parse('3.1.1:MQTT-', mqtt311)].map((anchor) => [anchor.name, anchor]),
);

/** The anchors that a title names. */
export function anchorsOf(title: string): readonly string[] {
  return [...title.matchAll(/\[((?:3\.1\.1:)?MQTT-[^\]]*)\]/g)].map((match) => match[1] ?? '');
}

function parse(prefix: string, table: string): readonly Anchor[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [number = '', concerns = '', ...words] = line.split(/\s+/);
      if (!isConcerns(concerns)) throw new TypeError(`anchor table: ${line}`);
      return { name: prefix + number, concerns, summary: words.join(' ') };
    });
}

function isConcerns(word: string): word is Concerns {
  return ['server', 'client', 'both', 'none'].includes(word);
}
