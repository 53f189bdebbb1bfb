/**
 * Refuses messages whose payload matches a pattern, and tells how many there were.
 *
 *     plugin ./payload-ban.ts
 *     plugin_opt_pattern (?i)password\s*=
 *     plugin_opt_pattern ^\s*$
 *     plugin_opt_topic sensors/#
 *
 * A publisher of MQTT 5.0 is told "payload format invalid" for a message of QoS 1 or 2. Requests to
 * `$CONTROL/payload-ban/v1` are answered with the count of each pattern.
 */
import type { Plugin, PluginContext } from 'zanzara';

interface Ban {
  readonly pattern: RegExp;
  count: number;
}

export default function payloadBan(context: PluginContext): Plugin {
  const patterns = context.options.filter(({ key }) => key === 'pattern');
  const bans: Ban[] = patterns.map(({ value }) => ({ pattern: toPattern(value), count: 0 }));
  if (bans.length === 0) throw new Error('plugin_opt_pattern is missing: which payloads are banned?');
  const filter = context.option('topic') ?? '#';
  const decoder = new TextDecoder();

  return {
    name: 'payload-ban',
    version: '1.0',

    messageIn(client, message) {
      if (!context.matches(filter, message.topic)) return 'allow';
      const text = decoder.decode(message.payload);
      const ban = bans.find(({ pattern }) => pattern.test(text));
      if (ban === undefined) return 'allow';
      ban.count++;
      context.log.notice(`${client.clientId} may not send this to ${message.topic}: ${ban.pattern.source}`);
      return { outcome: 'refused', reasonCode: 'payloadFormatInvalid' };
    },

    control: {
      '$CONTROL/payload-ban/v1': () =>
        JSON.stringify(bans.map(({ pattern, count }) => ({ pattern: pattern.source, count }))),
    },
  };
}

/** `(?i)` in front makes a pattern ignore case. */
function toPattern(text: string): RegExp {
  return text.startsWith('(?i)') ? new RegExp(text.slice(4), 'iu') : new RegExp(text, 'u');
}
