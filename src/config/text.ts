/** What MQTT allows in a string, as far as a configuration file needs to know. */

/** The longest string MQTT can carry, and the longest value. */
export const TEXT_BYTES_MAX = 65_535;

/** The length of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** No control characters and no non-characters: the strings Mosquitto accepts. */
export function isMqttText(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const nonCharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
    if (control || nonCharacter) return false;
  }
  return true;
}

/** True for what can stand before a topic: no wildcard. */
export function isTopicPrefix(prefix: string): boolean {
  return !/[+#]/.test(prefix) && utf8Bytes(prefix) <= TEXT_BYTES_MAX;
}

/** True for a topic filter: `+` fills a level, `#` the last level. */
export function isTopicFilter(filter: string): boolean {
  if (filter === '' || utf8Bytes(filter) > TEXT_BYTES_MAX) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}
