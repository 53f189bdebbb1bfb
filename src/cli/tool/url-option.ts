/** `-L URL`: everything in one word. As Mosquitto: the topic is what follows the first `/`, and nothing is decoded. */
import type { ToolDraft } from './tool-option.ts';
import { takeTopic } from './topic-option.ts';

interface Scheme {
  readonly port: number;
  readonly webSocket: boolean;
  readonly tls: boolean;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  mqtt: { port: 1883, webSocket: false, tls: false },
  mqtts: { port: 8883, webSocket: false, tls: true },
  ws: { port: 1883, webSocket: true, tls: false },
  wss: { port: 8883, webSocket: true, tls: true },
};

export function takeUrl(draft: ToolDraft, url: string): string | undefined {
  const [, name = '', rest = ''] = /^([a-z]+):\/\/(.*)$/is.exec(url) ?? [];
  const scheme = Object.hasOwn(SCHEMES, name.toLowerCase()) ? SCHEMES[name.toLowerCase()] : undefined;
  if (scheme === undefined) return 'Error: Unsupported URL scheme.\n';
  const slash = rest.indexOf('/');
  if (slash < 0) return 'Error: Invalid URL for -L argument specified - topic missing.';
  const [before, topic] = [rest.slice(0, slash), rest.slice(slash + 1)];
  const at = before.lastIndexOf('@'); // a password may have one, a host may not
  const [user, place] = at < 0 ? ['', before] : [before.slice(0, at), before.slice(at + 1)];
  takeUser(draft, user);
  const [, ipv6, ipv6Port] = /^\[(.*)\](?::(.*))?$/.exec(place) ?? [];
  const [host, port] = ipv6 === undefined ? cut(place) : [ipv6, ipv6Port];
  draft.host = host;
  draft.port = port === undefined ? scheme.port : Number.parseInt(port, 10) || 0;
  draft.webSocket = scheme.webSocket;
  if (scheme.tls) draft.tls.osCertificates = true;
  return takeTopic(draft, topic, '-L topic');
}

function takeUser(draft: ToolDraft, user: string): void {
  if (user === '') return;
  const [name, password] = cut(user);
  draft.username = name;
  if (password !== undefined) draft.password = password;
}

function cut(text: string): [before: string, after: string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
