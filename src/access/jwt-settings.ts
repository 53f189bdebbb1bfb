/** Tokens as the options have them, and the keys in the files they name. */
import { readFileSync } from 'node:fs';
import { problemAt } from './file.ts';
import type { FileProblem, OptionPlaces, Read } from './file.ts';
import { parsePublicKeys, secretKey } from './jwt-keys.ts';
import type { TokenKey } from './jwt-keys.ts';
import type { TokenRules } from './jwt-token.ts';
import { readSensitiveFile } from './sensitive-file.ts';

/** What the options say; at least one source of keys is there. */
export interface JwtSettings extends TokenRules {
  readonly secretFile: string | undefined;
  readonly keyFiles: readonly string[];
  readonly jwksUrl: URL | undefined;
  readonly jwksCaFile: string | undefined;
  readonly jwksRefreshSeconds: number;
  /** Empty for all that the keys are for. */
  readonly algorithms: readonly string[];
  /** Where a client puts its token. */
  readonly from: 'password' | 'username';
  readonly usernameClaim: string;
  /** The claim that the client identifier must be, if one must. */
  readonly clientIdClaim: string | undefined;
  /** The claim with the rights of the client, if tokens say them. */
  readonly aclClaim: string | undefined;
  readonly disconnectAtExpiry: boolean;
  readonly allowSymlinks: boolean;
  readonly places: OptionPlaces;
}

/** The keys of all files; errors at the lines of the options where one cannot be used. */
export function readKeys(settings: JwtSettings): Read<readonly TokenKey[]> {
  const sources = [...readSecret(settings), ...settings.keyFiles.map((path) => readPublic(path, settings))];
  const problems = sources.flatMap((source) => source.problems);
  if (sources.some(({ ok }) => !ok)) return { ok: false, problems };
  const keys = sources.flatMap((source) => (source.ok ? source.value : []));
  const idle = idleAlgorithms(keys, settings);
  return idle.length > 0
    ? { ok: false, problems: [...problems, ...idle] }
    : { ok: true, value: keys, problems };
}

function readSecret({ secretFile, allowSymlinks, places }: JwtSettings): Read<readonly TokenKey[]>[] {
  if (secretFile === undefined) return [];
  const option = 'jwt_secret_file';
  const file = readSensitiveFile(secretFile, { allowSymlinks });
  if (!file.ok)
    return [{ ok: false, problems: file.problems.map((problem) => located(problem, option, places)) }];
  const key = secretKey(Buffer.from(file.value.replace(/\r?\n$/, '')));
  if (key !== undefined) return [{ ok: true, value: [key], problems: file.problems }];
  const problem = problemAt(places, option, {
    level: 'error',
    text: `Error: The secret in '${secretFile}' is too short.`,
    hint: 'HS256 needs 32 bytes. A good one: openssl rand -base64 48. The text of the file, without the end of its line, is the secret.',
  });
  return [{ ok: false, problems: [...file.problems, problem] }];
}

/** What is wrong with a file as a whole is told where the file is named. */
function located(problem: FileProblem, option: string, places: OptionPlaces): FileProblem {
  return problem.line === undefined && problem.level === 'error'
    ? { ...problem, ...places.get(option) }
    : problem;
}

function readPublic(path: string, { places }: JwtSettings): Read<readonly TokenKey[]> {
  const fail = (hint: string): Read<never> => ({
    ok: false,
    problems: [
      problemAt(places, 'jwt_public_key_file', {
        level: 'error',
        text: `Error: Unable to load the keys in '${path}'.`,
        hint: `${hint}.`,
      }),
    ],
  });
  try {
    const parsed = parsePublicKeys(readFileSync(path, 'utf8'));
    return parsed.ok ? { ok: true, value: parsed.keys, problems: [] } : fail(parsed.fault);
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** An algorithm of the list that no key is for is a mistake in one of the two. */
function idleAlgorithms(keys: readonly TokenKey[], settings: JwtSettings): FileProblem[] {
  const { algorithms, jwksUrl, places } = settings;
  const hasKey = (name: string): boolean =>
    keys.some((key) => key.algorithms.includes(name)) || (jwksUrl !== undefined && !name.startsWith('HS'));
  return algorithms
    .filter((name) => !hasKey(name))
    .map((name) =>
      problemAt(places, 'jwt_algorithms', {
        level: 'error',
        text: `Error: There is no key for the algorithm ${name} of 'jwt_algorithms'.`,
        hint: 'HS256, HS384 and HS512 need a jwt_secret_file of 32, 48 and 64 bytes, others a public key of their kind.',
      }),
    );
}
