/** `zanzara`, `zanzara broker`, or `mosquitto`: the broker as a program. */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { ParseResult } from '../config/config.ts';
import { missingCapabilities } from '../config/capabilities.ts';
import { withLocalPorts } from '../config/local-only.ts';
import { readConfig } from '../config/read.ts';
import { compareForReload } from '../config/reload.ts';
import { CAPABILITIES } from '../server/capabilities.ts';
import { containStrays } from '../server/plugins.ts';
import { dropPrivileges } from '../server/privileges.ts';
import { Server } from '../server/server.ts';
import type { Started } from '../server/server.ts';
import { subscriptionTrees } from '../server/subscription-trees.ts';
import { tell } from '../server/tell.ts';
import { MOSQUITTO_VERSION, VERSION } from '../server/version.ts';
import { brokerUsage, parseBrokerArguments } from './broker-arguments.ts';
import type { BrokerArguments } from './broker-arguments.ts';
import { EXIT } from './broker-exit.ts';
import type { Io } from './io.ts';
import { welcome } from './welcome.ts';

const START_EXIT: Readonly<Record<Started, number>> = {
  running: EXIT.ok,
  'no plugins': EXIT.unknown,
  'unreadable rules': EXIT.unknown, // as Mosquitto
  'invalid rules': EXIT.invalid,
  'no database': EXIT.failed, // as Mosquitto
  'no listener': EXIT.failed,
};

/** Marks the process that `-d` leaves in the background. */
const IN_BACKGROUND = 'ZANZARA_IN_BACKGROUND';

/** Runs the broker until a signal ends it. */
export async function broker(argv: readonly string[], io: Io): Promise<number> {
  const parsed = parseBrokerArguments(argv);
  if (typeof parsed === 'string') {
    io.stderr(`${parsed}\n`);
    io.stdout(brokerUsage(io.name, VERSION));
    return EXIT.invalid;
  }
  if (parsed.show === 'version') {
    io.stdout(`zanzara ${VERSION}, compatible with mosquitto ${MOSQUITTO_VERSION}\n`);
    return EXIT.ok;
  }
  if (parsed.show === 'help') {
    io.stdout(brokerUsage(io.name, VERSION));
    return EXIT.ok;
  }
  const server = new Server({
    verbosity: parsed.verbosity,
    allowSymlinks: io.env['MOSQUITTO_UNSAFE_ALLOW_SYMLINKS'] !== undefined,
    keyLogFile: parsed.keyLogFile,
    env: io.env,
  });
  const code = await run(parsed, server, io);
  server.end();
  server.close();
  return code;
}

async function run(options: BrokerArguments, server: Server, io: Io): Promise<number> {
  if (options.testConfig && options.configFiles.length === 0) {
    server.log.event('configError', { text: 'Please provide a configuration file to test.' });
    return EXIT.invalid;
  }
  const config = load(options, server);
  if (config === undefined) return EXIT.invalid;
  if (options.testConfig) {
    if (!(await server.check(config))) return EXIT.invalid;
    server.log.event('configInformation', { text: 'Configuration file is OK.' });
    return EXIT.ok;
  }
  if (options.daemon && io.env[IN_BACKGROUND] === undefined) return runInBackground();
  if (!dropPrivileges(config.global.user, io.env, server.log)) return EXIT.invalid;
  return serve(config, options, server, io);
}

/** Reads the configuration; what is to be said about it is in the log. Undefined if the broker cannot start. */
function load({ configFiles, ports }: BrokerArguments, server: Server): Config | undefined {
  const result = readConfig(...configFiles);
  if (result.ok) server.useDialect(result.config);
  tell(server.log, result.diagnostics);
  if (!result.ok) return undefined;
  const missing = missingCapabilities(result.config, CAPABILITIES);
  tell(server.log, missing);
  return missing.length > 0 ? undefined : withLocalPorts(result.config, ports);
}

/** Starts the same program again, detached, and leaves. */
function runInBackground(): number {
  const { execPath, execArgv, argv, env } = process;
  spawn(execPath, [...execArgv, ...argv.slice(1)], {
    detached: true,
    stdio: 'ignore',
    env: { ...env, [IN_BACKGROUND]: '1' },
  }).unref();
  return EXIT.ok;
}

async function serve(config: Config, options: BrokerArguments, server: Server, io: Io): Promise<number> {
  const pidFile = config.global.pid_file;
  if (pidFile !== undefined && !writePid(pidFile, server)) return EXIT.system;
  const ended = untilSignalled(config, options, server, io);
  if (config.plugins.length > 0) containStrays();
  const started = await server.start(config);
  if (started === 'running') {
    if (config.file === undefined && io.name !== 'mosquitto' && options.verbosity !== 'quiet') {
      io.stdout(welcome(server.addresses));
    }
    await ended;
  }
  await server.stop();
  if (pidFile !== undefined) rmSync(pidFile, { force: true });
  return START_EXIT[started];
}

function writePid(file: string, server: Server): boolean {
  try {
    writeFileSync(file, String(process.pid));
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    server.log.event('serverError', { text: `Error: Unable to write pid file. ${reason}` });
    return false;
  }
}

/** Handles signals from now on; resolves when one says to end. */
function untilSignalled(config: Config, options: BrokerArguments, server: Server, io: Io): Promise<void> {
  let running = config;
  let reloading = Promise.resolve();
  process.on('SIGHUP', () => {
    reloading = reloading.then(async () => {
      running = await reload(running, options, server);
    });
  });
  // Without a handler Node would open its debugger, whether there is something to save or not
  process.on('SIGUSR1', () => server.save());
  process.on('SIGUSR2', () => {
    if (server.broker !== undefined) io.stdout(`${subscriptionTrees(server.broker).join('\n')}\n`);
  });
  return new Promise((resolve) => {
    // Not `once`: npm passes Ctrl-C on to a program that has it already, and the second must not cut the end short
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
}

/** All or nothing: a file with an error changes nothing, and the log says what is wrong with it. */
async function reload(running: Config, { configFiles }: BrokerArguments, server: Server): Promise<Config> {
  server.log.event('reloading', {});
  server.reopenLog();
  const file = running.file;
  if (file === undefined) return running;
  const next = merge(running, readConfig(...configFiles), server);
  if (next === undefined || !(await server.apply(next))) {
    server.log.event('reloadFailed', { file });
    return running;
  }
  server.log.event('reloaded', { file });
  return next;
}

function merge(running: Config, read: ParseResult, server: Server): Config | undefined {
  tell(server.log, read.diagnostics);
  if (!read.ok) return undefined;
  const missing = missingCapabilities(read.config, CAPABILITIES);
  tell(server.log, missing);
  if (missing.length > 0) return undefined;
  const { config, notApplied } = compareForReload(running, read.config);
  tell(server.log, notApplied);
  return notApplied.some(({ level }) => level === 'error') ? undefined : config;
}
