/** What SIGUSR2 prints: who subscribed to what, as trees, in the form of Mosquitto. */
import type { Broker } from '../broker/broker.ts';
import type { Subscription } from '../broker/subscription.ts';

interface Branch {
  readonly children: Map<string, Branch>;
  readonly subscriptions: Subscription[];
}

/**
 * The lines of two trees: of ordinary subscriptions, then of shared ones. In each there is one root for ordinary
 * topics, which has no name, and one for each first level that starts with `$`.
 */
export function subscriptionTrees(broker: Broker): string[] {
  // as Mosquitto: these roots are there before anyone subscribes
  const ordinary = newBranch('', '$SYS');
  const shared = newBranch('');
  for (const session of broker.sessions.values()) {
    for (const subscription of session.subscriptions.values())
      plant(subscription.shareName === undefined ? ordinary : shared, subscription);
  }
  return [ordinary, shared].flatMap(linesOf);
}

function newBranch(...names: readonly string[]): Branch {
  return { children: new Map(names.map((name) => [name, newBranch()])), subscriptions: [] };
}

function plant(roots: Branch, subscription: Subscription): void {
  const levels = subscription.topicFilter.split('/');
  const [first = ''] = levels;
  let branch = childOf(roots, first.startsWith('$') ? first : '');
  if (!first.startsWith('$')) levels.unshift('');
  for (const level of levels) branch = childOf(branch, level);
  branch.subscriptions.push(subscription);
}

function childOf(branch: Branch, name: string): Branch {
  let child = branch.children.get(name);
  if (child === undefined) branch.children.set(name, (child = newBranch()));
  return child;
}

function linesOf(roots: Branch): string[] {
  const lines: string[] = [];
  print(roots, 4, lines);
  return lines;
}

function print({ children }: Branch, indent: number, lines: string[]): void {
  for (const [name, branch] of children) {
    const who = branch.subscriptions.map(({ session, qos }) => ` (${session.clientId}, ${qos})`).join('');
    lines.push(' '.repeat(indent) + name + who);
    print(branch, indent + 2, lines);
  }
}
