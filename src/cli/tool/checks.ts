/** What options say together: checked once all of them are known. */
import type { ProtocolVersion } from '../../protocol/packet.ts';
import { FOREVER } from './connection-options.ts';
import { LibraryError, libraryText } from './error-text.ts';
import { forbiddenValueIn } from './property-option.ts';
import type { ToolDraft } from './tool-option.ts';

/** A rule: the text is what is wrong, undefined if nothing is. */
type Rule = (draft: ToolDraft) => string | false | undefined;

const hasId = ({ clientId }: ToolDraft): boolean => clientId !== undefined;

/** In the order in which Mosquitto looks. */
const RULES: readonly Rule[] = [
  ({ will }) =>
    will.topic === undefined &&
    will.payload !== undefined &&
    'Error: Will payload given, but no will topic given.',
  ({ will }) =>
    will.topic === undefined && will.retain === true && 'Error: Will retain given, but no will topic given.',
  (draft) =>
    versionOf(draft) === 5
      ? sessionExpiryOf(draft) === FOREVER &&
        !hasId(draft) &&
        'Error: You must provide a client id if you are using an infinite session expiry interval.'
      : !draft.cleanStart &&
        !hasId(draft) &&
        'Error: You must provide a client id if you are using the -c option.',
  ({ tool, topics, unsubscribe }) =>
    tool === 'S' &&
    topics.length === 0 &&
    unsubscribe.length === 0 &&
    'Error: You must specify a topic to subscribe to (-t) or unsubscribe from (-U).',
  ({ tls }) =>
    (tls.cert === undefined) !== (tls.key === undefined) &&
    'Error: Both certfile and keyfile must be provided if one of them is set.',
  ({ tls }) =>
    tls.keyform !== undefined &&
    tls.key === undefined &&
    'Error: If keyform is set, keyfile must be also specified.',
  ({ tls }) =>
    tls.engineKeyPassword !== undefined &&
    (tls.keyform === undefined || tls.engine === undefined) &&
    'Error: when using tls-engine-kpass-sha1, both tls-engine and keyform must also be provided.',
  ({ tls }) =>
    tls.psk !== undefined &&
    (tls.cafile !== undefined || tls.capath !== undefined) &&
    'Error: Only one of --psk or --cafile/--capath may be used at once.',
  ({ tls }) =>
    tls.psk !== undefined && tls.pskIdentity === undefined && 'Error: --psk-identity required if --psk used.',
  ({ properties }) => {
    const command = forbiddenValueIn(properties);
    return (
      command !== undefined &&
      `Error in ${command.toUpperCase()} properties: ${libraryText(LibraryError.protocol)}`
    );
  },
];

/** What is wrong with all of it; undefined if nothing is. */
export function checkDraft(draft: ToolDraft): string | undefined {
  for (const rule of RULES) {
    const problem = rule(draft);
    if (typeof problem === 'string') return problem;
  }
  return undefined;
}

/** Seconds; with `-c` and without `-x` a session does not expire. */
export function sessionExpiryOf({ sessionExpiry, cleanStart }: ToolDraft): number {
  return sessionExpiry ?? (cleanStart ? 0 : FOREVER);
}

/** The version to speak: unless an option says so, requests need 5.0, and the rest does not. */
export function versionOf({ version, tool }: ToolDraft): ProtocolVersion {
  return version ?? (tool === 'R' ? 5 : 4);
}
