/** `acl_file`: who may publish and receive what, by user name, or by patterns with the client's names in them. */
import type { Log } from '../base/log.ts';
import { adviceOn } from './acl-advice.ts';
import { parseAcl } from './acl-parse.ts';
import { READ, WRITE } from './acl-rights.ts';
import { AclRules } from './acl-rules.ts';
import type { Answer, Backend } from './backend.ts';
import type { Read } from './file.ts';
import { readSensitiveFile } from './sensitive-file.ts';

/** How the file is read, and where clients that it turns away for their names are told of. */
export interface AclFileOptions {
  readonly allowSymlinks: boolean;
  readonly log: Log;
}

/**
 * The rules of a file as it stands at this moment. What they do not allow they forbid; a file without rules forbids
 * everything. Subscribing is always allowed, as in Mosquitto: each message is asked about when it is delivered.
 */
export function aclFile(path: string, { allowSymlinks, log }: AclFileOptions): Read<Backend> {
  const unopened = `Error: Unable to open acl_file "${path}".`;
  const text = readSensitiveFile(path, { allowSymlinks, unopened });
  if (!text.ok) return text;
  const parsed = parseAcl(path, text.value);
  const problems = [...text.problems, ...parsed.problems];
  if (!parsed.ok) return { ok: false, problems };
  const rules = new AclRules(parsed.value, (field, name) =>
    log.event('dangerousNameDenied', { field, name }),
  );
  return { ok: true, value: backendOf(rules), problems: [...problems, ...adviceOn(path, parsed.value)] };
}

function backendOf(rules: AclRules): Backend {
  return {
    name: 'acl_file',
    mayPublish: (principal, topic) => answerOf(rules.allows(principal, topic, WRITE)),
    mayReceive: (principal, topic) => answerOf(rules.allows(principal, topic, READ)),
    maySubscribe: () => 'allow',
    mayUnsubscribe: () => 'allow',
  };
}

function answerOf(allowed: boolean): Answer {
  return allowed ? 'allow' : 'deny';
}
