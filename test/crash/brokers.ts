/** The brokers that a run can kill, and what each is told to keep. */
import { existsSync } from 'node:fs';
import { zanzara } from '../cli/program.ts';
import type { CampaignOptions } from './campaign.ts';

export type Kind = Pick<CampaignOptions, 'command' | 'config' | 'keepsWills'>;

export type Durability = 'sync' | 'commit' | 'interval' | 'none';

/** Zanzara with this durability. */
export function zanzaraWith(durability: Durability): Kind {
  return {
    command: (file) => zanzara('-c', file),
    keepsWills: durability === 'sync' || durability === 'commit',
    config: (folder) =>
      durability === 'none'
        ? ['persistence false']
        : ['persistence true', `persistence_location ${folder}`, `persistence_durability ${durability}`],
  };
}

/** Debian has it where an ordinary PATH does not look. `MOSQUITTO` names another one. */
const MOSQUITTO = process.env.MOSQUITTO ?? '/usr/sbin/mosquitto';

export function mosquittoInstalled(): boolean {
  return existsSync(MOSQUITTO);
}

/** Mosquitto, which saves a snapshot every second: what came after the last one is lost in a kill. */
export const mosquitto: Kind = {
  command: (file) => [MOSQUITTO, '-c', file],
  keepsWills: false,
  config: (folder) => ['persistence true', `persistence_location ${folder}`, 'autosave_interval 1'],
};
