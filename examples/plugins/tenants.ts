/**
 * Each tenant has topics of its own. The user `acme:alice` belongs to the tenant `acme`: when she publishes to
 * `door/open`, the message goes to `tenants/acme/door/open`, and when she subscribes to `door/#`, she gets what is
 * below `tenants/acme/door`, with the topics that she knows. Users without a colon see everything as it is.
 *
 *     plugin ./tenants.ts
 *     plugin_opt_root tenants
 */
import type { Plugin, PluginClient, PluginContext } from 'zanzara';

export default function tenants(context: PluginContext): Plugin {
  const root = context.option('root') ?? 'tenants';

  /** What stands in front of the topics of a client; undefined if it sees all as it is. */
  function prefixOf({ username }: PluginClient): string | undefined {
    const tenant = username?.split(':', 1)[0];
    return tenant === undefined || tenant === username ? undefined : `${root}/${tenant}/`;
  }

  return {
    name: 'tenants',

    // A name that is part of a topic must not be more than one level of it
    authenticate: ({ username = '' }) => (/[+#/]/.test(username) ? 'deny' : 'ignore'),

    messageIn(client, { topic }) {
      const prefix = prefixOf(client);
      return prefix === undefined ? 'allow' : { topic: prefix + topic };
    },

    messageOut(client, { topic }) {
      const prefix = prefixOf(client);
      if (prefix === undefined) return 'allow';
      return topic.startsWith(prefix) ? { topic: topic.slice(prefix.length) } : 'deny';
    },

    subscribing(client, { filter }) {
      const prefix = prefixOf(client);
      return prefix === undefined ? 'allow' : { filter: below(prefix, filter) };
    },

    unsubscribing(client, filter) {
      const prefix = prefixOf(client);
      return prefix === undefined ? 'allow' : { filter: below(prefix, filter) };
    },
  };
}

/** The filter below the prefix: of a shared subscription, behind `$share/<name>/`. */
function below(prefix: string, filter: string): string {
  const [, share = '', rest = filter] = /^(\$share\/[^/]+\/)(.*)$/.exec(filter) ?? [];
  return share + prefix + rest;
}
