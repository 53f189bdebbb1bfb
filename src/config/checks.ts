/** What is wrong only when several lines are looked at together. */

import { checkAccess } from './access-checks.ts';
import type { Diagnostic, Location } from './diagnostic.ts';
import type { BridgeDraft, Draft, ListenerDraft } from './draft.ts';
import type { Value } from './option.ts';
import { checkPersistence } from './persist-sqlite.ts';

type Check<Subject> = (subject: Subject) => Problem | undefined;

/** What is wrong, at a line if it has one. */
export interface Problem {
  readonly text: string;
  readonly hint: string;
  readonly at: Location | undefined;
}

/** The first problem of the whole, in Mosquitto's order of checks. */
export function checkDraft(draft: Draft): Diagnostic | undefined {
  const problem =
    firstProblem(draft.bridges, checkBridge) ??
    checkLocalIds(draft.bridges) ??
    firstProblem(draft.listeners, checkTls) ??
    firstProblem(draft.listeners, checkProxyProtocol) ??
    checkAccess(draft) ??
    checkPersistence(draft);
  if (problem === undefined) return undefined;
  const { text, hint, at } = problem;
  return { level: 'error', text, hint, ...at };
}

function firstProblem<Subject>(subjects: readonly Subject[], check: Check<Subject>): Problem | undefined {
  for (const subject of subjects) {
    const problem = check(subject);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkBridge({ name, values, setAt }: BridgeDraft): Problem | undefined {
  const at = setAt.get('connection');
  const missing = (what: string, option: string): Problem => ({
    text: `Error: Invalid bridge configuration: ${what}.`,
    hint: `Add a line '${option}' to connection ${name}.`,
    at,
  });
  if (!values.has('address')) return missing('no remote addresses defined', 'address HOST');
  if (!values.has('topic')) return missing('no topics defined', 'topic PATTERN');
  const [identity, key] = [values.has('bridge_identity'), values.has('bridge_psk')];
  if (key && !identity) return missing('missing bridge_identity', 'bridge_identity IDENTITY');
  if (identity && !key) return missing('missing bridge_psk', 'bridge_psk KEY');
  return undefined;
}

function checkLocalIds(bridges: readonly BridgeDraft[]): Problem | undefined {
  const seen = new Set<string>();
  for (const bridge of bridges) {
    const local = localIdOf(bridge);
    if (seen.has(local)) {
      return {
        text: `Error: Bridge local_clientid '${local}' is not unique. Try changing or setting the local_clientid value for one of the bridges.`,
        hint: `Add a line 'local_clientid ID' to connection ${bridge.name}.`,
        at: bridge.setAt.get('local_clientid') ?? bridge.setAt.get('connection'),
      };
    }
    seen.add(local);
  }
  return undefined;
}

/** As `bridgeClientIds`, with a word that is no host for the host's name. */
function localIdOf({ name, values }: BridgeDraft): string {
  const remote = textOf(values.get('remote_clientid')) ?? `<hostname>.${name}`;
  return textOf(values.get('local_clientid')) ?? `local.${remote}`;
}

function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function checkTls({ values, setAt }: ListenerDraft): Problem | undefined {
  const has = (name: string): boolean => values.has(name);
  if (has('certfile') !== has('keyfile')) {
    const [given, other] = has('certfile') ? ['certfile', 'keyfile'] : ['keyfile', 'certfile'];
    return {
      text: 'Error: Both certfile and keyfile must be provided to enable a TLS listener.',
      hint: `This listener has ${given}: add ${other}.`,
      at: setAt.get(given ?? ''),
    };
  }
  const authority = ['cafile', 'capath'].find(has);
  if (authority === undefined || has('certfile')) return undefined;
  return {
    text: `Error: ${authority} specified without certfile and keyfile.`,
    hint: `Add certfile and keyfile to this listener, or remove ${authority}.`,
    at: setAt.get(authority),
  };
}

function checkProxyProtocol({ values, setAt }: ListenerDraft): Problem | undefined {
  if (values.get('enable_proxy_protocol') !== 2) return undefined;
  if (values.get('use_subject_as_username') === true) {
    return {
      text: 'Error: use_subject_as_username cannot be used with `enable_proxy_protocol 2`.',
      hint: 'The proxy ends TLS and passes on the common name only: use use_identity_as_username.',
      at: setAt.get('use_subject_as_username'),
    };
  }
  const file = ['certfile', 'keyfile'].find((name) => values.has(name));
  if (file === undefined) return undefined;
  return {
    text: 'Error: certfile and keyfile cannot be used with `enable_proxy_protocol 2`.',
    hint: 'The proxy ends TLS: remove certfile and keyfile from this listener.',
    at: setAt.get(file),
  };
}
