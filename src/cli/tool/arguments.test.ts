import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scratch } from '../../../test/cli/program.ts';
import type { Connect } from '../../protocol/packet.ts';
import { parseArguments } from './arguments.ts';
import { connectPacket } from './connect-options.ts';
import type { ToolDraft, ToolLetter } from './tool-option.ts';
import { TOOL_OPTIONS } from './tool-options.ts';

const NOWHERE = { HOME: '/nonexistent' };

/** What a command line comes to. */
function draftOf(
  line: string | readonly string[],
  tool: ToolLetter = 'P',
  env: Record<string, string> = NOWHERE,
): ToolDraft {
  const parsed = parseArguments(tool, typeof line === 'string' ? line.split(' ') : line, env);
  if (parsed.kind !== 'run') assert.fail(JSON.stringify(parsed));
  return parsed.draft;
}

function problemOf(
  line: string | readonly string[],
  tool: ToolLetter = 'P',
  env: Record<string, string> = NOWHERE,
): string {
  const parsed = parseArguments(tool, typeof line === 'string' ? line.split(' ') : line, env);
  if (parsed.kind !== 'wrong') assert.fail(JSON.stringify(parsed));
  return parsed.problem;
}

/** The CONNECT packet that a command line stands for. */
function connectOf(line: string, tool: ToolLetter = 'P'): Connect {
  const connect = connectPacket(draftOf(line, tool));
  if (typeof connect === 'string') assert.fail(connect);
  return connect;
}

describe('options files', () => {
  test('an option a line, its value is the rest; then the command line, which wins', () => {
    using scratch = new Scratch();
    const file = scratch.file('options', '# a comment\n-t topic\n-h from-file\n\n-m a  message \r\n-d\n');
    const draft = draftOf(['-h', 'given', '-o', file]);
    assert.deepEqual(draft.topics, ['topic']);
    assert.equal(draft.host, 'given');
    assert.equal(draft.debug, true);
    const { payload } = draft;
    assert.deepEqual(payload?.from === 'text' && Buffer.from(payload.bytes).toString(), 'a  message ');
  });

  test('without -o that of XDG_CONFIG_HOME, else that below HOME; -o takes its place', () => {
    using scratch = new Scratch();
    scratch.file('xdg/mosquitto_pub', '-h xdg\n');
    scratch.file('home/.config/mosquitto_pub', '-h home\n');
    scratch.file('home/.config/mosquitto_sub', '-h sub\n');
    const env = { XDG_CONFIG_HOME: scratch.at('xdg'), HOME: scratch.at('home') };
    assert.equal(draftOf('-t a', 'P', env).host, 'xdg');
    assert.equal(draftOf('-t a', 'P', { HOME: env.HOME }).host, 'home');
    assert.equal(draftOf('-t a', 'S', { HOME: env.HOME, XDG_CONFIG_HOME: '' }).host, 'sub');
    assert.equal(draftOf(['-t', 'a', '-o', scratch.file('other', '-p 1')], 'P', env).host, undefined);
  });

  test('one that is missing is empty; what is wrong in one is told as if it had been typed', () => {
    using scratch = new Scratch();
    assert.equal(draftOf(['-o', scratch.at('missing'), '-t', 'a']).host, undefined);
    assert.equal(
      problemOf(['-o', scratch.file('a', '-x soon')]),
      'Error: session-expiry-interval not a number.\n',
    );
    assert.equal(problemOf(['-o', scratch.file('b', '-d yes')]), "Error: Unknown option 'yes'.");
    assert.match(problemOf(['-o', scratch.file('c', '-D publish topic-alias 1')]), /not enough arguments/);
  });

  test('-o twice, without a file, or as the value of another option', () => {
    assert.equal(problemOf('-o a -o b'), 'Error: Duplicate -o argument given.\n');
    assert.equal(problemOf('-o'), 'Error: -o argument given but no options file specified.\n');
    assert.equal(draftOf('-t a -m -o').optionsFile, undefined);
  });
});

describe('URLs', () => {
  for (const [url, host, port, topic, more] of [
    ['mqtt://host/t/1', 'host', 1883, 't/1', {}],
    ['MQTTS://host:1/t', 'host', 1, 't', { tls: true }],
    ['mqtts://host/t', 'host', 8883, 't', { tls: true }],
    ['ws://host/t', 'host', 1883, 't', { webSocket: true }],
    ['wss://host/t', 'host', 8883, 't', { webSocket: true, tls: true }],
    ['mqtt://u:p@host/', 'host', 1883, '', { username: 'u', password: 'p' }],
    ['mqtt://u@host/a@b:c', 'host', 1883, 'a@b:c', { username: 'u' }],
    ['mqtt://u:p@ss:w@host:2/t', 'host', 2, 't', { username: 'u', password: 'p@ss:w' }],
    ['mqtt://[::1]/t', '::1', 1883, 't', {}],
    ['mqtt://[::1]:3/t', '::1', 3, 't', {}],
    ['mqtt://u:%40@host/t', 'host', 1883, 't', { username: 'u', password: '%40' }],
  ] as const) {
    test(url, () => {
      const draft = draftOf(['-L', url]);
      const { username, password, webSocket, tls } = {
        username: undefined,
        password: undefined,
        webSocket: false,
        tls: undefined,
        ...more,
      };
      assert.deepEqual([draft.host, draft.port, draft.topics.at(-1)], [host, port, topic]);
      assert.deepEqual(
        [draft.username, draft.password, draft.webSocket, draft.tls.osCertificates],
        [username, password, webSocket, tls],
      );
    });
  }

  test('wrong ones', () => {
    assert.equal(problemOf('-L http://host/t'), 'Error: Unsupported URL scheme.\n');
    assert.equal(problemOf('-L host/t'), 'Error: Unsupported URL scheme.\n');
    assert.equal(
      problemOf('-L mqtt://host'),
      'Error: Invalid URL for -L argument specified - topic missing.',
    );
    assert.match(problemOf('-L mqtt://host/a#', 'S'), /^Error: Invalid subscription topic 'a#'/);
  });
});

describe('proxies', () => {
  test('with and without a port and a user', () => {
    for (const [url, proxy] of [
      ['socks5h://host', { host: 'host', port: 1080 }],
      ['socks5h://host:9', { host: 'host', port: 9 }],
      ['socks5h://[::1]:9', { host: '::1', port: 9 }],
      ['socks5h://u@host', { host: 'host', port: 1080, username: 'u' }],
      ['socks5h://u%40x:p%3A%25:q@host', { host: 'host', port: 1080, username: 'u@x', password: 'p:%:q' }],
    ] as const)
      assert.deepEqual(draftOf(['--proxy', url]).proxy, proxy, url);
  });

  test('wrong ones', () => {
    for (const [url, problem] of [
      ['http://host', 'Error: Unsupported proxy protocol: http://host'],
      ['socks5h://', 'Error: Invalid proxy.'],
      ['socks5h://@host', 'Error: Invalid proxy.'],
      ['socks5h://u%zz@host', 'Error: Invalid proxy.'],
      ['socks5h://host:0', 'Error: Invalid proxy port 0'],
      ['socks5h://host:70000', 'Error: Invalid proxy port 70000'],
    ] as const)
      assert.equal(problemOf(['--proxy', url]), problem);
  });
});

describe('what options come to together', () => {
  test('the version: 5 where something needs it, 3.1.1 else; rr speaks 5', () => {
    assert.equal(connectOf('-t a').version, 4);
    assert.equal(connectOf('-t a', 'R').version, 5);
    assert.equal(connectOf('-t a -x 5').version, 5);
    assert.equal(connectOf('-t a -D publish topic-alias 1').version, 5);
    assert.equal(connectOf('-t a -x 5 -V 311').version, 4);
    assert.equal(connectOf('-t a --stats', 'S').version, 5);
    assert.equal(connectOf('-t a -V mqttv31', 'R').version, 3);
  });

  test('sessions that do not expire need a name', () => {
    const infinite =
      'Error: You must provide a client id if you are using an infinite session expiry interval.';
    for (const value of ['-1', '4294967295', '∞']) assert.equal(problemOf(`-t a -x ${value}`), infinite);
    assert.equal(problemOf('-t a -c -V 5'), infinite);
    const old = 'Error: You must provide a client id if you are using the -c option.';
    assert.equal(problemOf('-t a -c -I me'), old);
    assert.equal(connectOf('-t a -c -V 5 -i me').properties.sessionExpiryInterval, 4_294_967_295);
    assert.equal(connectOf('-t a -c -x 7 -i me').properties.sessionExpiryInterval, 7);
  });

  test('identifiers', () => {
    assert.equal(connectOf('-t a').clientId, '');
    assert.equal(connectOf('-t a -i me').clientId, 'me');
    assert.equal(connectOf('-t a -I me-').clientId, `me-${process.pid}`);
    assert.match(connectOf('-t a -V 31').clientId, /^mosq-[A-Za-z0-9]{18}$/);
  });

  test('a small count asks for as many messages at once', () => {
    assert.equal(connectOf('-t a -V 5 -C 3', 'S').properties.receiveMaximum, 3);
    assert.equal(connectOf('-t a -V 5 -C 20', 'S').properties.receiveMaximum, undefined);
    const given = '-t a -V 5 -C 3 -D connect receive-maximum 9';
    assert.equal(connectOf(given, 'S').properties.receiveMaximum, 9);
    assert.equal(connectOf('-t a -C 3', 'S').properties.receiveMaximum, undefined);
  });
});

test('an option that is not known, and the one that was meant', () => {
  assert.equal(problemOf('--topci a'), "Error: Unknown option '--topci'.\nDid you mean '--topic'?");
  assert.equal(problemOf('--zzzzzzzz'), "Error: Unknown option '--zzzzzzzz'.");
  assert.equal(problemOf('-Z'), "Error: Unknown option '-Z'.");
  assert.equal(problemOf('-C 5'), "Error: Unknown option '-C'.", 'of sub only');
});

test('--help and --version count where they stand', () => {
  assert.equal(parseArguments('P', ['--help', '--foo'], NOWHERE).kind, 'help');
  assert.equal(parseArguments('P', ['--version'], NOWHERE).kind, 'version');
  assert.equal(parseArguments('P', ['--foo', '--help'], NOWHERE).kind, 'wrong');
});

test('every option has a name of its own, and every one that has a value says when it lacks it', () => {
  const names = TOOL_OPTIONS.flatMap((option) => option.names);
  assert.equal(new Set(names).size, names.length);
  for (const { names: all, value, tools } of TOOL_OPTIONS) {
    if (value === undefined) continue;
    for (const name of all) assert.match(problemOf([name], tools[0]), /^Error: -.* argument given but .*\n$/);
  }
});
