/** The URL of a server, and what stands in it. */
import { MqttError } from './error.ts';

export function addressOf(url: string | URL): URL {
  const address = URL.parse(url);
  if (address !== null) return address;
  // it may hold a password: it is not repeated
  throw new MqttError('INVALID', 'That is no URL. One is: mqtt://localhost:1883');
}

/** A user name and a password may stand in a URL. */
export function namesIn({ username, password }: URL): {
  readonly username?: string;
  readonly password?: string;
} {
  return {
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) }),
  };
}

/** What a part of a URL stands for. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new MqttError('INVALID', 'A % in the URL begins no two hexadecimal digits of UTF-8', { cause });
  }
}
