/** Every way on which a message comes to a client or from one passes the ACL file, as it stands at that moment. */
import { describe, test } from 'node:test';
import { startZanzara } from '../cli/program.ts';
import { isInstalled, startMosquitto } from '../interop/mosquitto.ts';
import { Guarded } from './guarded.ts';
import type { Start } from './guarded.ts';

/** `al` may publish, `bob` may read or may not. */
const AL = 'user al\ntopic write t/#\n';
const AL_NO_MORE = 'user al\ntopic read t/#\n';
const BOB = 'user bob\ntopic read t/#\n';
const BOB_DENIED = 'user bob\ntopic read t/#\ntopic deny t/secret\n';

interface Path {
  readonly name: string;
  readonly run: (start: Start) => Promise<void>;
  /** What mosquitto 2.0.11 does instead. */
  readonly mosquitto?: string;
}

const PATHS: readonly Path[] = [
  {
    name: 'live messages, at once with every change',
    async run(start) {
      await using broker = await Guarded.start(start, AL);
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob')];
      await bob.subscribe('t/#', 1);
      await al.publish('t/1', 'denied', { qos: 1 });
      await bob.expectNothing();
      await broker.change(AL + BOB);
      await al.publish('t/2', 'allowed', { qos: 1 });
      await bob.receive('t/2', 'allowed');
      await broker.change(AL + BOB_DENIED);
      await al.publish('t/secret', 'denied', { qos: 1 });
      await al.publish('t/3', 'allowed', { qos: 1 });
      await bob.receive('t/3', 'allowed');
      await bob.expectNothing();
    },
  },
  {
    name: 'retained messages',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB_DENIED);
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob')];
      await al.publish('t/secret', 'denied', { qos: 1, retain: true });
      await al.publish('t/1', 'allowed', { qos: 1, retain: true });
      await bob.subscribe('t/#', 1);
      await bob.receive('t/1', 'allowed', { retain: true });
      await bob.expectNothing();
      await bob.subscribe('t/secret', 1);
      await bob.expectNothing();
    },
  },
  {
    name: 'retained messages of a publisher who may not publish them any more, with check_retain_source',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB, 'check_retain_source true');
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob')];
      await al.publish('t/1', 'kept', { qos: 1, retain: true });
      await bob.subscribe('t/1', 1);
      await bob.receive('t/1', 'kept', { retain: true });
      await broker.change(AL_NO_MORE + BOB);
      await bob.subscribe('t/+', 1);
      await bob.expectNothing();
      await broker.change(AL + BOB);
      await bob.subscribe('t/#', 1);
      await bob.receive('t/1', 'kept', { retain: true });
    },
  },
  {
    name: 'and without it, they are sent',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB, 'check_retain_source false');
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob')];
      await al.publish('t/1', 'kept', { qos: 1, retain: true });
      await broker.change(AL_NO_MORE + BOB);
      await bob.subscribe('t/#', 1);
      await bob.receive('t/1', 'kept', { retain: true });
    },
  },
  {
    name: 'what waited for a client that was away',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB);
      const bob = await broker.connect('bob', { clean: false });
      await bob.subscribe('t/#', 1);
      await bob.disconnect();
      const al = await broker.connect('al');
      await al.publish('t/secret', 'denied by now', { qos: 1 });
      await al.publish('t/1', 'allowed', { qos: 1 });
      await broker.change(AL + BOB_DENIED);
      const back = await broker.connect('bob', { clean: false });
      await back.receive('t/1', 'allowed');
      await back.expectNothing();
    },
  },
  {
    name: 'a subscription that outlives the right',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB);
      const bob = await broker.connect('bob', { clean: false });
      await bob.subscribe('t/#', 1);
      await bob.disconnect();
      await broker.change(AL + BOB_DENIED);
      const [al, back] = [await broker.connect('al'), await broker.connect('bob', { clean: false })];
      await al.publish('t/secret', 'denied', { qos: 1 });
      await al.publish('t/1', 'allowed', { qos: 1 });
      await back.receive('t/1', 'allowed');
      await back.expectNothing();
    },
  },
  {
    name: 'what a client left unacknowledged',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB);
      const bob = await broker.connect('bob', { clean: false });
      await bob.subscribe('t/#', 1);
      const al = await broker.connect('al');
      await al.publish('t/secret', 'allowed as yet', { qos: 1 });
      await bob.expect({ type: 'publish', topic: 't/secret' });
      bob.drop();
      await broker.change(AL + BOB_DENIED);
      const back = await broker.connect('bob', { clean: false });
      await back.expectNothing();
    },
  },
  {
    name: 'wills, to their readers',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB_DENIED);
      const bob = await broker.connect('bob');
      await bob.subscribe('t/#', 1);
      for (const topic of ['t/secret', 't/1']) {
        const al = await broker.connect('al', { will: { topic, payload: 'gone' } });
        al.drop();
        if (topic === 't/1') await bob.receive('t/1', 'gone');
      }
      await bob.expectNothing();
    },
  },
  {
    name: 'wills, of those who may not publish them when they are due',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB);
      const bob = await broker.connect('bob');
      await bob.subscribe('t/#', 1);
      const al = await broker.connect('al', { will: { topic: 't/1', payload: 'denied by now' } });
      await broker.change(`${AL_NO_MORE + BOB}user third\ntopic t/#\n`);
      al.drop();
      const third = await broker.connect('third', { will: { topic: 't/2', payload: 'allowed' } });
      third.drop();
      await bob.receive('t/2', 'allowed');
      await bob.expectNothing();
    },
  },
  {
    name: 'shared subscriptions',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB_DENIED);
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob', { version: 5 })];
      await bob.subscribe('$share/group/t/#', 1);
      await al.publish('t/secret', 'denied', { qos: 1 });
      await al.publish('t/1', 'allowed', { qos: 1 });
      await bob.receive('t/1', 'allowed');
      await bob.expectNothing();
    },
  },
  {
    name: 'messages of QoS 2 that are released after the right is gone',
    mosquitto: 'asks when the message comes and not when it is released',
    async run(start) {
      await using broker = await Guarded.start(start, AL + BOB);
      const [al, bob] = [await broker.connect('al'), await broker.connect('bob')];
      await bob.subscribe('t/#', 2);
      const packetId = al.nextPacketId();
      al.send(al.p.publish('t/1', 'allowed as yet', { qos: 2, packetId }));
      await al.expect(al.p.pubrec(packetId));
      await broker.change(AL_NO_MORE + BOB);
      al.send(al.p.pubrel(packetId));
      await al.expect(al.p.pubcomp(packetId));
      await bob.expectNothing();
    },
  },
];

for (const [broker, start, skip] of [
  ['zanzara', startZanzara, false],
  ['mosquitto', startMosquitto, isInstalled ? false : 'mosquitto is not installed'],
] as const)
  describe(`acl_file on ${broker}`, { skip, concurrency: 4 }, () => {
    for (const { name, run, mosquitto } of PATHS)
      test(name, { skip: broker === 'mosquitto' && mosquitto }, () => run(start));
  });
