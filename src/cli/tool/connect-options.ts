/** The CONNECT packet that a tool's options stand for. */
import type { Connect, Will } from '../../protocol/packet.ts';
import { NO_PROPERTIES } from '../../protocol/properties.ts';
import type { Properties } from '../../protocol/properties.ts';
import { sessionExpiryOf, versionOf } from './checks.ts';
import { propertiesFor } from './property-option.ts';
import { argumentBytes, isMalformed } from './raw-argument.ts';
import type { ToolDraft } from './tool-option.ts';

/** Fewer messages than this are asked for one window at a time, so that what is not printed stays with the broker. */
const SMALL_COUNT = 20;

/** The CONNECT packet; a text is why there can be none. */
export function connectPacket(draft: ToolDraft): Connect | string {
  const { clientId, cleanStart, keepAlive, username, password, will } = draft;
  const version = versionOf(draft);
  const id = clientIdOf(draft);
  if (clientId === '')
    return draft.tool === 'P' ? 'Error: Invalid id.' : 'Error: Invalid id and/or clean_session.';
  const hasNoName = username === undefined ? password !== undefined && version !== 5 : isMalformed(username);
  if (hasNoName) return 'Error: Problem setting username and/or password.';
  return {
    type: 'connect',
    version,
    bridge: false,
    clientId: id,
    cleanStart,
    keepAliveSeconds: keepAlive,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: argumentBytes(password) }),
    ...(will.topic !== undefined && { will: willOf(draft, will.topic) }),
    properties: version === 5 ? connectProperties(draft) : NO_PROPERTIES,
  };
}

function connectProperties(draft: ToolDraft): Properties {
  const sessionExpiryInterval = sessionExpiryOf(draft);
  return {
    ...(draft.count > 0 && draft.count < SMALL_COUNT && { receiveMaximum: draft.count }),
    ...propertiesFor(draft.properties, 'connect'),
    ...(sessionExpiryInterval > 0 && { sessionExpiryInterval }),
  };
}

function clientIdOf(draft: ToolDraft): string {
  if (draft.clientIdPrefix !== undefined) return `${draft.clientIdPrefix}${process.pid}`;
  // MQTT 3.1 has no empty identifier
  return draft.clientId ?? (versionOf(draft) === 3 ? `mosq-${randomLetters(18)}` : '');
}

function randomLetters(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join('');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function willOf(draft: ToolDraft, topic: string): Will {
  const { payload = '', qos = 0, retain = false } = draft.will;
  const properties = versionOf(draft) === 5 ? propertiesFor(draft.properties, 'will') : NO_PROPERTIES;
  return { topic, payload: argumentBytes(payload), qos, retain, properties };
}
