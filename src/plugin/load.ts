/** Plugins of a configuration: found, imported, checked, made. */
import { basename, dirname, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileProblem, OptionPlaces, Read } from '../access/file.ts';
import type { Log } from '../base/log.ts';
import { Complaints, describeThrown } from './complaints.ts';
import { HostedPlugin, inTime, UnfitPlugin } from './host.ts';
import type { Plugin, PluginFactory, PluginOption } from './plugin.ts';
import { pluginFile } from './resolve.ts';
import { wayInto } from './strays.ts';

/** One plugin of a configuration; `PluginConfig` of `config/` is one. */
export interface PluginSource {
  readonly path: string;
  readonly options: readonly PluginOption[];
  readonly setAt: OptionPlaces;
  readonly auth_plugin_deny_special_chars: boolean;
  /** Seconds. */
  readonly plugin_timeout: number;
  /** The plugin itself, where the program around the broker brings it and there is nothing to import. */
  readonly given?: Plugin | PluginFactory;
}

/** What importing a plugin gives. */
interface PluginModule {
  readonly default?: unknown;
}

/** Where a configuration stands: what its paths are relative to. */
export interface PluginSurroundings {
  readonly log: Log;
  readonly workingDirectory: string;
  /** The configuration file; undefined if there is none. */
  readonly configFile: string | undefined;
}

/** Mosquitto's plugins that are built in; they are no modules: the rules open the files, persistence the database. */
export const BUILT_IN: ReadonlySet<string> = new Set([
  'mosquitto_password_file.so',
  'mosquitto_acl_file.so',
  'mosquitto_persist_sqlite.so',
]);

/** Mosquitto's other plugins, by the names of their files: what they do. */
const NOT_YET: Readonly<Record<string, string>> = {
  'mosquitto_dynamic_security.so': 'dynamic security',
  'mosquitto_sparkplug_aware.so': 'Sparkplug awareness',
};

const NO_DEFAULT =
  "it has no default export: write 'export default' in front of the plugin or of the function that makes it";

const NATIVE = /\.(?:so(?:\.[\d.]+)?|dll|dylib)$/;

/** Where the line of a plugin may have its name. */
const LINES: readonly string[] = ['plugin', 'global_plugin', 'plugin_load'];

/**
 * Loads plugins one after the other, in their order. With an error in one there are none: those that were loaded
 * are closed again. Log lines are Mosquitto's.
 */
export async function loadPlugins<Source extends PluginSource>(
  sources: readonly Source[],
  surroundings: PluginSurroundings,
): Promise<Read<ReadonlyMap<Source, HostedPlugin>>> {
  const loaded = new Map<Source, HostedPlugin>();
  for (const source of sources.filter(({ path }) => !BUILT_IN.has(basename(path.trim())))) {
    const problem = await load(source, surroundings, loaded);
    if (problem === undefined) continue;
    await Promise.all([...loaded.values()].map((plugin) => plugin.close()));
    return { ok: false, problems: [problemAt(source, problem)] };
  }
  return { ok: true, value: loaded, problems: [] };
}

/** What can be told of plugins without running them: those that cannot be loaded, or are not there. */
export function checkPlugins(
  sources: readonly PluginSource[],
  surroundings: Omit<PluginSurroundings, 'log'>,
): readonly FileProblem[] {
  const folders = foldersOf(surroundings);
  return sources.flatMap((source) => {
    if (BUILT_IN.has(basename(source.path.trim()))) return [];
    const missing = pluginFile(source.path.trim(), folders) === undefined;
    const problem = refusalOf(source.path) ?? (missing ? notFound(folders) : undefined);
    return problem === undefined ? [] : [problemAt(source, problem)];
  });
}

/** Where relative paths begin. */
function foldersOf({ workingDirectory, configFile }: Omit<PluginSurroundings, 'log'>): readonly string[] {
  return [workingDirectory, dirname(resolve(workingDirectory, configFile ?? '-'))];
}

/** Loads one; the problem in plain words if that fails. */
async function load<Source extends PluginSource>(
  source: Source,
  surroundings: PluginSurroundings,
  loaded: Map<Source, HostedPlugin>,
): Promise<string | undefined> {
  const { path, options, plugin_timeout: seconds, given } = source;
  const { log } = surroundings;
  try {
    const exported = given ?? (await importPlugin(path, surroundings));
    const denySpecial =
      source.setAt.has('auth_plugin_deny_special_chars') && source.auth_plugin_deny_special_chars;
    const settings = { log, label: parse(path).name, options, patienceMs: seconds * 1000, denySpecial };
    loaded.set(source, await HostedPlugin.make(exported, settings));
    return undefined;
  } catch (error) {
    return error instanceof UnfitPlugin ? error.message : describeThrown(error);
  }
}

/** What the module of a path exports; rejects with `UnfitPlugin` or with what came of importing it. */
async function importPlugin(path: string, surroundings: PluginSurroundings): Promise<unknown> {
  const { log } = surroundings;
  log.event('pluginLoading', { path });
  const refused = refusalOf(path);
  if (refused !== undefined) throw new UnfitPlugin(refused);
  const folders = foldersOf(surroundings);
  const file = pluginFile(path.trim(), folders);
  if (file === undefined) throw new UnfitPlugin(notFound(folders));
  const complaints = new Complaints(() => parse(path).name, log);
  const enter = wayInto(complaints);
  const importing = enter(() => import(pathToFileURL(file).href) as Promise<PluginModule>);
  const module = await inTime(importing);
  if (module.default === undefined) throw new UnfitPlugin(NO_DEFAULT);
  return module.default;
}

/** Why a path cannot be a plugin of ours; undefined if it can. */
function refusalOf(path: string): string | undefined {
  const name = basename(path.trim());
  if (Object.hasOwn(NOT_YET, name)) return `Zanzara does not have ${NOT_YET[name]} yet`;
  if (!NATIVE.test(name)) return undefined;
  return (
    'it is a library for the C interface of Mosquitto, which Zanzara does not have: ' +
    'its plugins are TypeScript or JavaScript modules, see docs/plugins.md'
  );
}

function notFound(folders: readonly string[]): string {
  return `there is no such file, folder or installed package, from ${[...new Set(folders)].join(' or ')}`;
}

function problemAt({ path, setAt }: PluginSource, problem: string): FileProblem {
  const at = LINES.map((line) => setAt.get(line)).find((one) => one !== undefined);
  return {
    level: 'error',
    text: `Error: Unable to load plugin "${path}".`,
    ...(at === undefined ? { file: path, hint: `${problem}.` } : { ...at, hint: `${path}: ${problem}.` }),
  };
}
