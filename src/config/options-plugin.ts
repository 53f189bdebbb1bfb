/** Plugins and what they are told. */

/** Rows for the plugin options; `plugin_opt_` is a prefix. */
export const pluginOptions = {
  plugin: {
    type: 'action',
    values: 'PATH',
    aliases: ['auth_plugin'],
    scope: 'plugin',
    reload: false,
    text: 'Load a plugin for all listeners, or for the listener above with per_listener_settings true.',
  },
  global_plugin: {
    type: 'action',
    values: 'PATH',
    scope: 'plugin',
    reload: false,
    text: 'Load a plugin for all listeners, whatever per_listener_settings says.',
  },
  plugin_load: {
    type: 'action',
    values: 'NAME PATH',
    scope: 'plugin',
    reload: false,
    text: 'Load a plugin under a name, for plugin_use.',
  },
  plugin_use: {
    type: 'action',
    values: 'NAME',
    scope: 'plugin',
    needs: 'declared listener',
    reload: false,
    text: 'Use a plugin loaded with plugin_load for the listener above.',
  },
  plugin_opt_: {
    type: 'action',
    values: 'VALUE',
    aliases: ['auth_opt_'],
    scope: 'plugin',
    needs: 'plugin',
    reload: false,
    text: 'A setting for the plugin above: plugin_opt_KEY VALUE; KEY has at least three characters.',
    note:
      'mosquitto_persist_sqlite.so is built in: db_file (counts without persistence_location), sync (extra or full: as ' +
      'persistence_durability sync; normal or off: as commit), page_size, and flush_period, which bounds what may be ' +
      'unwritten: every change is written sooner.',
  },
  auth_plugin_deny_special_chars: {
    type: 'boolean',
    default: true,
    scope: 'plugin',
    needs: 'plugin',
    missing: 'Error: An auth_plugin_deny_special_chars option exists in the config file without a plugin.',
    reload: false,
    text: 'Refuse clients with +, # or / in identifier or user name when a plugin of version 2 to 4 decides.',
    note: 'Plugins in TypeScript are like those of version 5: for them it counts only where the line stands.',
  },
  plugin_timeout: {
    type: 'integer',
    default: 5,
    low: { limit: 1, refuse: "Error: Invalid 'plugin_timeout' value (%d)." },
    high: { limit: 3600, refuse: "Error: Invalid 'plugin_timeout' value (%d)." },
    unit: 'seconds',
    scope: 'plugin',
    needs: 'plugin',
    reload: false,
    text: 'How long an answer of the plugin above may take; a later one counts as no.',
    note: 'Zanzara only.',
  },
} as const;
