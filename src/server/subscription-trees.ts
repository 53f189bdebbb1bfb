/** What SIGUSR2 prints: who subscribed to what, as a tree, in the form of Mosquitto. */
import type { Broker } from '../broker/broker.ts';
import type { Subscription } from '../broker/subscription.ts';

interface Branch {
  readonly children: Map<string, Branch>;
  readonly subscriptions: Subscription[];
}

/** The lines of the trees: one below `` for ordinary topics, one for each first level that starts with `$`. */
export function subscriptionTrees(broker: Broker): string[] {
  const roots = newBranch();
  for (const session of broker.sessions.values()) {
    for (const subscription of session.subscriptions.values()) plant(roots, subscription);
  }
  const lines: string[] = [];
  for (const [name, root] of roots.children) {
    lines.push(`    ${name}`);
    print(name, root, 6, lines);
  }
  return lines;
}

function newBranch(): Branch {
  return { children: new Map(), subscriptions: [] };
}

function plant(roots: Branch, subscription: Subscription): void {
  const levels = subscription.filter.split('/');
  if (!subscription.filter.startsWith('$')) levels.unshift('');
  let branch = roots;
  for (const level of levels) {
    let child = branch.children.get(level);
    if (child === undefined) branch.children.set(level, (child = newBranch()));
    branch = child;
  }
  branch.subscriptions.push(subscription);
}

function print(name: string, branch: Branch, indent: number, lines: string[]): void {
  const who = branch.subscriptions.map(({ session, qos }) => ` (${session.clientId}, ${qos})`).join('');
  lines.push(' '.repeat(indent) + name + who);
  for (const [level, child] of branch.children) print(level, child, indent + 2, lines);
}
