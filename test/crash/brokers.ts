/** The brokers that a run can kill, and what each is told to keep. */
import { existsSync } from 'node:fs';
import { zanzara } from '../cli/program.ts';
import type { CampaignOptions } from './campaign.ts';

export type Durability = 'sync' | 'commit' | 'interval' | 'none';

/** Zanzara with this durability. */
export function zanzaraWith(durability: Durability): Pick<CampaignOptions, 'command' | 'config'> {
  return {
    command: (file) => zanzara('-c', file),
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
export const mosquitto: Pick<CampaignOptions, 'command' | 'config'> = {
  command: (file) => [MOSQUITTO, '-c', file],
  config: (folder) => ['persistence true', `persistence_location ${folder}`, 'autosave_interval 1'],
};
