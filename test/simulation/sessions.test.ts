/** Clients that come and go in any order, and a broker that must lose nothing and send nothing twice. */
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../runs.ts';
import type { Ack, QoS } from '../../src/protocol/packet.ts';
import type { Connecting, Player } from './player.ts';
import { IDS, TOPICS, World } from './world.ts';

type Command = fc.AsyncCommand<World, World>;
type Who = (typeof IDS)[number];

/** A command of one client; `online` says when it can be given. */
function of(who: Who, what: string, run: (player: Player) => void, online = true): Command {
  return {
    check: ({ players }) => !online || players[IDS.indexOf(who)]!.online,
    run: async (world) => {
      run(world.players[IDS.indexOf(who)]!);
      await world.settle();
      world.check();
    },
    toString: () => `${who} ${what}`,
  };
}

function connect(who: Who, options: Connecting): Command {
  const { version, cleanStart, expiry, receiveMaximum, will, full, late } = options;
  const flags = Object.entries({ clean: cleanStart, will, full, late }).flatMap(([name, on]) =>
    on ? [name] : [],
  );
  const what = `connects v${version} ${expiry} s, ${receiveMaximum} ${flags.join(' ')}`;
  return of(who, what, (player) => player.connect(options), false);
}

function advance(seconds: number): Command {
  return {
    check: () => true,
    run: async (world) => {
      world.advance(seconds);
      await world.settle();
      world.check();
    },
    toString: () => `${seconds} s`,
  };
}

const who = fc.constantFrom(...IDS);
const qos = fc.constantFrom<QoS>(0, 1, 2);
const topic = fc.constantFrom(...TOPICS);
const filter = fc.constantFrom('a', 'a/b', 'a/+', 'a/#', '#', 'c', '+');
const place = fc.nat(10);
const ack = fc.constantFrom<Ack['type']>('puback', 'pubrec', 'pubrel', 'pubcomp');
const options = fc.record({
  version: fc.constantFrom(3 as const, 4 as const, 5 as const),
  cleanStart: fc.boolean(),
  expiry: fc.constantFrom(0, 10, 1000, 0xffff_ffff),
  receiveMaximum: fc.constantFrom(1, 1, 2, 10),
  will: fc.boolean(),
  full: fc.boolean(),
  late: fc.boolean(),
});
/** As `options`, for a session that goes on. */
const back = options.map((some) => ({ ...some, cleanStart: false, expiry: Math.max(some.expiry, 10) }));

const publishing = fc.tuple(who, topic, qos, fc.boolean()).map(([id, to, level, retain]) =>
  of(id, `publishes ${to} at ${level}${retain ? ' retained' : ''}`, (player) => {
    if (player.remembered!.sent.size < 5) player.publish(to, level, retain);
  }),
);
const acknowledging = fc
  .tuple(who, place)
  .map(([id, at]) => of(id, `acknowledges ${at}`, (player) => player.acknowledge(at)));

const commands: fc.Arbitrary<Command>[] = [
  fc.tuple(who, options).map(([id, some]) => connect(id, some)),
  fc.tuple(who, back).map(([id, some]) => connect(id, some)),
  fc.tuple(who, back).map(([id, some]) => connect(id, some)),
  fc
    .tuple(who, fc.uniqueArray(filter, { minLength: 1, maxLength: 3 }), qos)
    .map(([id, filters, level]) =>
      of(id, `subscribes ${filters.join(' ')} at ${level}`, (player) => player.subscribe(filters, level)),
    ),
  fc
    .tuple(who, filter)
    .map(([id, one]) => of(id, `unsubscribes ${one}`, (player) => player.unsubscribe(one))),
  publishing,
  publishing,
  publishing,
  acknowledging,
  acknowledging,
  acknowledging,
  fc.tuple(who, place).map(([id, at]) => of(id, `proceeds ${at}`, (player) => player.proceed(at))),
  fc
    .tuple(who, ack, fc.integer({ min: 60_000, max: 60_002 }))
    .map(([id, type, packetId]) =>
      of(id, `${type} ${packetId} of nothing`, (player) => player.nonsense(type, packetId)),
    ),
  who.map((id) => of(id, 'is cut', (player) => player.cut())),
  who.map((id) => of(id, 'disconnects', (player) => player.disconnect())),
  who.map((id) => of(id, 'reads no more', (player) => (player.client!.wire.full = true))),
  who.map((id) => of(id, 'reads all', (player) => player.client!.wire.drain())),
  fc.integer({ min: 1, max: 12 }).map(advance),
];

test('sessions lose no message, send none twice, keep the order and return every identifier', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 120, size: 'max' }), async (all) => {
      const world = new World();
      await fc.asyncModelRun(() => ({ model: world, real: world }), all);
      await world.finish();
    }),
    runs('sessions', 250),
  );
});
