import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionRates } from './connection-rates.ts';
import { LIMITS } from './limits.ts';

const NOW = 1_704_067_200_000;
const each = (connectionRate: number): { connectionRate: number; connectionRateTotal: number } => ({
  connectionRate,
  connectionRateTotal: 0,
});

describe('rates of connections', () => {
  test('are kept for each network', () => {
    const rates = new ConnectionRates();
    const come = (network: string, at = NOW): boolean => rates.admits(network, each(2), at);
    assert.deepEqual([come('a'), come('a'), come('a')], [true, true, false]);
    assert.deepEqual([come('b'), come('b'), come('b')], [true, true, false]);
    assert.equal(come('a', NOW + 499), false);
    assert.equal(come('a', NOW + 500), true);
  });

  test('are kept in total, whoever comes; one that its network keeps out costs nothing', () => {
    const rates = new ConnectionRates();
    const settings = { connectionRate: 1, connectionRateTotal: 3 };
    const come = (network: string | undefined): boolean => rates.admits(network, settings, NOW);
    assert.deepEqual([come('a'), come('a'), come('a'), come('a')], [true, false, false, false]);
    assert.deepEqual([come('b'), come(undefined), come('c')], [true, true, false]);
  });

  test('of one network do not count for a Unix socket', () => {
    const rates = new ConnectionRates();
    for (let i = 0; i < 10; i++) assert.equal(rates.admits(undefined, each(1), NOW), true);
    assert.equal(rates.networks, 0);
  });

  test('change with the settings', () => {
    const rates = new ConnectionRates();
    assert.equal(rates.admits('a', each(1), NOW), true);
    assert.equal(rates.admits('a', each(1), NOW), false);
    assert.equal(rates.admits('a', each(2), NOW), true);
  });

  test('who has not come for a second is forgotten', () => {
    const rates = new ConnectionRates();
    for (let i = 0; i < 1000; i++) rates.admits(`n${i}`, each(5), NOW);
    assert.equal(rates.networks, 1000);
    for (let i = 0; i < 1000; i++) rates.admits('late', each(5), NOW + 1000 + i);
    assert.equal(rates.networks, 1);
  });

  test('any number of others is no help: nobody who may not come is forgotten, and those not known have to wait', () => {
    const rates = new ConnectionRates();
    const come = (network: string, at: number): boolean => rates.admits(network, each(1), at);
    assert.equal(come('mallory', NOW), true);
    for (let i = 1; i < LIMITS.networks; i++) assert.equal(come(`n${i}`, NOW), true);
    assert.equal(come('mallory', NOW + 1), false);
    assert.equal(come('one too many', NOW + 1), false);
    assert.equal(rates.networks, LIMITS.networks);
    assert.equal(come('one too many', NOW + 1000), true);
  });
});
