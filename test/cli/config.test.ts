/** Configuration files: checked, refused with a place and a reason, or read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canConnect, connectTo, freePort, Program, run, Scratch, startZanzara, zanzara } from './program.ts';
import type { Ended } from './program.ts';

/** The lines of a log, without their times. */
function linesOf(log: string): string[] {
  return log.split('\n').flatMap((line) => (line === '' ? [] : [line.replace(/^\d{10}: /, '')]));
}

/** The last line of every start that fails. */
const TERMINATING = /^mosquitto version 2\.1\.2 \(Zanzara .*\) terminating$/;

/** It did not start: exit code 3, these lines, and nothing else. */
function assertRefused({ code, stdout, stderr }: Ended, lines: readonly string[]): void {
  const log = linesOf(stderr);
  assert.equal(code, 3, stderr);
  assert.equal(stdout, '');
  assert.match(log.pop() ?? '', TERMINATING);
  assert.deepEqual(log, lines);
}

/** What is wrong in the second line of a file, Mosquitto's line for it, and what the operator is told. */
const WRONG: readonly (readonly [line: string, error: string, hint: string])[] = [
  ['nonsense 1', "Error: Unknown configuration variable 'nonsense'.", 'No option'],
  ['max_keepalife 60', "Error: Unknown configuration variable 'max_keepalife'.", 'max_keepalive'],
  ['allow_anonymous yes', "Error: Invalid 'allow_anonymous' value (yes).", 'true'],
  ['max_keepalive often', "Error: 'max_keepalive' value not a number.", '65535'],
  ['max_qos 3', "Error: 'max_qos' must be between 0 and 2 inclusive.", '2'],
  ['log_type loud', "Error: Invalid 'log_type' value (loud).", 'debug'],
  ['log_dialect klingon', "Error: Invalid 'log_dialect' value (klingon).", 'json'],
  ['include_dir /nowhere', "Error: Unable to open include_dir '/nowhere'.", 'directory'],
];

/** Options of what comes in a later version; the name in the error, and what it asks for. */
const MISSING: readonly (readonly [lines: string, option: string, capability: string])[] = [
  ['protocol http_api', 'protocol', 'the HTTP API'],
  ['connection other\naddress 127.0.0.1\ntopic # both', 'connection', 'bridges'],
];

describe('configuration files', { concurrency: 6 }, () => {
  for (const [line, error, hint] of WRONG) {
    test(`${line} is refused: exit code 3, where it stands, what is allowed`, async () => {
      using scratch = new Scratch();
      const port = await freePort();
      const file = scratch.file('z.conf', `listener ${port}\n${line}\n`);
      const ended = await run(zanzara('-c', file));
      const [, , advice = ''] = linesOf(ended.stderr);
      assert.ok(advice.startsWith(`${file}:2: `), advice);
      assert.ok(advice.includes(hint), advice);
      assertRefused(ended, [error, `Error found at ${file}:2.`, advice]);
      assert.equal(await canConnect(port), false);
    });
  }

  for (const [lines, option, capability] of MISSING) {
    test(`${option} is refused in one line, because it needs ${capability}`, async () => {
      using scratch = new Scratch();
      const file = scratch.file('z.conf', `listener ${await freePort()}\n${lines}\n`);
      assertRefused(await run(zanzara('-c', file)), [
        `Error: '${option}' needs ${capability}, which this version of Zanzara does not have yet.`,
        `Error found at ${file}:2.`,
        `${file}:2: Remove '${option}' if you can do without: Zanzara does not start with a line it would ignore.`,
      ]);
    });
  }

  test('--test-config says that a good file is good, and starts nothing', async () => {
    using scratch = new Scratch();
    const file = scratch.file(
      'z.conf',
      `listener ${await freePort()}\nallow_anonymous true\nmax_keepalive 60\n`,
    );
    const { code, stdout, stderr } = await run(zanzara('-c', file, '--test-config'));
    const [ok, terminating, ...rest] = linesOf(stderr);
    assert.deepEqual(
      { code, stdout, ok, rest },
      { code: 0, stdout: '', ok: 'Configuration file is OK.', rest: [] },
    );
    assert.match(terminating ?? '', TERMINATING);
  });

  test('--test-config says of a bad file what a start says of it', async () => {
    using scratch = new Scratch();
    const file = scratch.file('z.conf', `listener ${await freePort()}\nmax_qos 3\n`);
    const [tested, started] = await Promise.all([
      run(zanzara('--test-config', '-c', file)),
      run(zanzara('-c', file)),
    ]);
    assertRefused(tested, linesOf(started.stderr).slice(0, -1));
  });

  test('--test-config without a file asks for one', async () => {
    assertRefused(await run(zanzara('--test-config')), ['Please provide a configuration file to test.']);
  });

  test('a file that is not there, and one that is a directory', async () => {
    using scratch = new Scratch();
    const [missing, directory] = await Promise.all([
      run(zanzara('-c', scratch.at('no.conf'))),
      run(zanzara('-c', scratch.path, '--test-config')),
    ]);
    const [, reason = ''] = linesOf(missing.stderr);
    assert.match(reason, /No such file or directory/);
    assertRefused(missing, [`Error: Unable to open config file '${scratch.at('no.conf')}'.`, reason]);
    const { path } = scratch;
    const advice = `${path}: Name a file, or use include_dir for a directory.`;
    assertRefused(directory, [`Error: Config file '${path}' is a directory.`, advice]);
  });

  test('an error is told whatever -q says', async () => {
    using scratch = new Scratch();
    const { code, stderr } = await run(zanzara('-q', '-c', scratch.file('z.conf', 'nonsense\n')));
    assert.equal(code, 3);
    assert.match(stderr, /Error: Unknown configuration variable 'nonsense'\./);
  });

  test('include_dir reads the .conf files of a directory in order; an error there names both places', async () => {
    using folder = includedFolder();
    await using broker = await startZanzara('include_dir more', [], { cwd: folder.path });
    const client = await connectTo(broker.port, { version: 5, keepAlive: 3600 });
    assert.equal(client.connack?.properties.serverKeepAlive, 20);
    client.drop();
    const loaded = /: Loading config file 'more\/a\.conf'\n\d+: Loading config file 'more\/B\.conf'\n/;
    await broker.program.until(loaded);

    using scratch = new Scratch();
    const bad = scratch.file('more/bad.conf', '\nnonsense\n');
    const file = scratch.file('z.conf', `listener ${await freePort()}\ninclude_dir ${scratch.at('more')}\n`);
    const ended = await run(zanzara('-c', file));
    const advice = linesOf(ended.stderr)[4] ?? '';
    assert.ok(advice.startsWith(`${bad}:2: No option`), advice);
    assertRefused(ended, [
      `Loading config file '${bad}'`,
      "Error: Unknown configuration variable 'nonsense'.",
      `Error found at '${bad}:2'.`,
      `Error found at ${file}:2.`,
      advice,
    ]);
  });

  test('a second -c goes on top of the first', async () => {
    using scratch = new Scratch();
    const port = await freePort();
    const first = scratch.file(
      '1.conf',
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_keepalive 10\n`,
    );
    const second = scratch.file('2.conf', 'max_keepalive 20\n');
    await using program = new Program(zanzara('-c', first, '-c', second));
    await program.listens(port);
    const client = await connectTo(port, { version: 5, keepAlive: 3600 });
    assert.equal(client.connack?.properties.serverKeepAlive, 20);
    client.drop();
  });

  test('a listener is closed to the anonymous unless the file says otherwise', async () => {
    using scratch = new Scratch();
    const port = await freePort();
    await using program = new Program(zanzara('-c', scratch.file('z.conf', `listener ${port} 127.0.0.1\n`)));
    await program.listens(port);
    await assert.rejects(connectTo(port, { version: 5 }), /CONNACK.* code=135/);
    await assert.rejects(connectTo(port, { version: 4 }), /CONNACK.* code=5/);
  });

  test('each listener has its own settings', async () => {
    using scratch = new Scratch();
    const [one, other] = [await freePort(), await freePort()];
    const lines = [`listener ${one} 127.0.0.1`, 'max_qos 1', 'mount_point house/'];
    const file = scratch.file(
      'z.conf',
      [...lines, `listener ${other} 127.0.0.1`, 'allow_anonymous true', ''].join('\n'),
    );
    await using program = new Program(zanzara('-c', file));
    await program.listens(other);
    const lodger = await connectTo(one, { version: 5 });
    const neighbour = await connectTo(other, { version: 5 });
    assert.equal(lodger.connack?.properties.maximumQoS, 1);
    assert.equal(neighbour.connack?.properties.maximumQoS, undefined);
    await neighbour.subscribe('#', 1);
    await lodger.subscribe('door', 1);
    neighbour.send(neighbour.p.publish('door', 'not this one'));
    await neighbour.receive('door', 'not this one');
    lodger.send(lodger.p.publish('door', 'open'));
    await lodger.receive('door', 'open');
    await neighbour.receive('house/door', 'open');
    lodger.drop();
    neighbour.drop();
  });
});

/** A working folder whose `more` has two files that count and three that do not. */
function includedFolder(): Scratch {
  const scratch = new Scratch();
  scratch.file('more/B.conf', 'max_keepalive 20\n');
  scratch.file('more/a.conf', 'max_keepalive 10\n');
  for (const name of ['c.conf.bak', '.conf', 'below/d.conf']) scratch.file(`more/${name}`, 'nonsense\n');
  return scratch;
}
