/** The system's words for its errors, as C programs print them, and what an operator can do about them. */
import type { Place } from '../transport/listener.ts';

/** Where Node's words are others, or where it has none. */
const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EAI_AGAIN: 'Temporary failure in name resolution',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EEXIST: 'File exists',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTFOUND: 'Name or service not known',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ETIMEDOUT: 'Connection timed out',
};

/** The text of an error of the system. */
export function systemText({ code, message }: NodeJS.ErrnoException): string {
  return TEXTS[code ?? ''] ?? message;
}

/** Mosquitto's advice for a port that may not be opened, and what to do where the program is Node. */
const PRIVILEGED: readonly string[] = [
  'If you are trying to bind to a privileged port (<1024), try using setcap and do not start the broker as root:',
  "    sudo setcap 'CAP_NET_BIND_SERVICE=+ep /usr/sbin/mosquitto'",
  'Zanzara runs in Node: rather give its service AmbientCapabilities=CAP_NET_BIND_SERVICE, or lower net.ipv4.ip_unprivileged_port_start.',
];

/** What is told when a listener cannot be opened: what the system says, then what can be done. */
export function listenFault(error: NodeJS.ErrnoException, place: Place): readonly string[] {
  const text = systemText(error);
  return 'path' in place
    ? [`Error binding unix socket: ${text}`, ...pathAdvice(error.code, place.path)]
    : [`Error: ${text}`, ...portAdvice(error.code, place.port)];
}

function portAdvice(code: string | undefined, port: number): readonly string[] {
  if (code === 'EACCES') return PRIVILEGED;
  if (code !== 'EADDRINUSE') return [];
  return [
    `Port ${port} is taken, perhaps by another broker. Stop it, or choose another port with -p or in the configuration file.`,
  ];
}

function pathAdvice(code: string | undefined, path: string): readonly string[] {
  if (code !== 'EADDRINUSE') return [];
  return [
    `${path} is there already: another program listens on it, or it is a file that is no socket. Stop that program, or choose another path.`,
  ];
}
