/** A text as a value: the rest of the line. */

import type { Input } from './input.ts';
import { empty, refuse, type Refusal } from './refusal.ts';
import { isMqttText, TEXT_BYTES_MAX, utf8Bytes } from './text.ts';
import { trimBlanks } from './tokens.ts';

/** The rest of the line without the blanks around it, however often it is given. */
export function parseText(input: Input): string | Refusal {
  const rest = input.tokens.rest();
  const text = rest === undefined ? '' : trimBlanks(rest);
  if (text === '') return empty(input);
  if (utf8Bytes(text) > TEXT_BYTES_MAX) {
    // as Mosquitto, which prints no line of its own for this
    return refuse(`Error: '${input.name}' value too long.`, `At most ${TEXT_BYTES_MAX} bytes are allowed.`);
  }
  if (!input.tokens.wellFormed || !isMqttText(text)) {
    return refuse(
      'Error: Malformed UTF-8 in configuration.',
      `The value of '${input.name}' must be UTF-8 without control characters such as TAB.`,
    );
  }
  return text;
}
