import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { test } from 'node:test';
import { Alert, alertRecord } from './alert.ts';

/** `server_application_traffic_secret_0` and what follows from it in RFC 8448, section 3. */
const SECRET = 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643';
const KEY = '9f02283b6c9c07efc26bb9f2ac92e356';
const IV = 'cf782b88dd83549aadf1e984';

test('in TLS 1.3 an alert is the first record under the traffic secret', () => {
  const record = alertRecord(Alert.certificateExpired, {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    isResumed: false,
    trafficSecret: Buffer.from(SECRET, 'hex'),
  });
  assert.ok(record);
  assert.deepEqual([...record.subarray(0, 5)], [0x17, 3, 3, 0, record.length - 5]);
  const decipher = createDecipheriv('aes-128-gcm', Buffer.from(KEY, 'hex'), Buffer.from(IV, 'hex'));
  decipher.setAAD(record.subarray(0, 5)).setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(5, -16)), decipher.final()]);
  assert.deepEqual([...plain], [2, 45, 21]); // fatal, certificate_expired, and that it is an alert
});

test('up to TLS 1.2 it is plain', () => {
  const end = { cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256', isResumed: false, trafficSecret: undefined };
  const record = (version: string): number[] => [
    ...(alertRecord(Alert.unknownCa, { ...end, version }) ?? []),
  ];
  assert.deepEqual(record('TLSv1.2'), [21, 3, 3, 0, 2, 2, 48]);
  assert.deepEqual(record('TLSv1.1'), [21, 3, 2, 0, 2, 2, 48]);
});

test('where the keys are not known there is none', () => {
  const trafficSecret = Buffer.from(SECRET, 'hex');
  for (const end of [
    { version: 'TLSv1.2', cipher: 'x', isResumed: true, trafficSecret: undefined },
    { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', isResumed: false, trafficSecret: undefined },
    { version: 'TLSv1.3', cipher: 'TLS_AES_128_CCM_8_SHA256', isResumed: false, trafficSecret },
    { version: 'TLSv9', cipher: 'x', isResumed: false, trafficSecret },
  ])
    assert.equal(alertRecord(Alert.badCertificate, end), undefined);
});
