/** What is kept under topic names and found by topic filter: the retained messages. */
import { ownLevels } from './topic.ts';

/** Something that is kept under its topic. */
export interface Topical {
  readonly topic: string;
}

/** A level that topics share. */
class Level<T extends Topical> {
  /** Undefined at the root. */
  readonly name: string | undefined;
  /** An only child needs no map, which takes 180 bytes: of deep topics most levels have one. */
  children: Map<string, Below<T>> | Below<T> | undefined;
  /** Of the topic that ends here. */
  value: T | undefined;

  constructor(name: string | undefined) {
    this.name = name;
  }
}

/** A value stands where its topic parts from all others; the levels behind that are in its topic. */
type Below<T extends Topical> = Level<T> | T;

/**
 * A tree of topic levels with at most one value a topic. A filter without wildcards costs its levels; one with
 * wildcards the part of the tree it covers. Walked without recursion.
 *
 *     root ─ site ─ 1 ─ device ┬ 7 ─ value of site/1/device/7/state
 *                              └ 8 ─ value of site/1/device/8/state
 */
export class TopicTree<T extends Topical> {
  readonly #root = new Level<T>(undefined);
  #size = 0;

  /** How many topics have a value. */
  get size(): number {
    return this.#size;
  }

  get(topic: string): T | undefined {
    let level = this.#root;
    for (const [depth, name] of topic.split('/').entries()) {
      const below = childOf(level, name, depth);
      if (below === undefined) return undefined;
      if (!(below instanceof Level)) return below.topic === topic ? below : undefined;
      level = below;
    }
    return level.value;
  }

  /** Sets the value of its topic and returns the one it replaces. */
  set(value: T): T | undefined {
    const { topic } = value;
    let level = this.#root;
    for (const [depth, name] of ownLevels(topic).entries()) {
      const below = childOf(level, name, depth);
      if (below === undefined || (!(below instanceof Level) && below.topic === topic)) {
        setChild(level, name, value, depth);
        if (below === undefined) this.#size++;
        return below;
      }
      if (below instanceof Level) level = below;
      else {
        const shared = levelWith(name, below, depth);
        setChild(level, name, shared, depth);
        level = shared;
      }
    }
    const old = level.value;
    if (old === undefined) this.#size++;
    level.value = value;
    return old;
  }

  /** Takes the value of a topic away and returns it. */
  delete(topic: string): T | undefined {
    const names = topic.split('/');
    const path = [this.#root];
    for (const [depth, name] of names.entries()) {
      const below = childOf(path[depth]!, name, depth);
      if (below === undefined) return undefined;
      if (below instanceof Level) path.push(below);
      else if (below.topic === topic) {
        deleteChild(path[depth]!, name);
        this.#shrink(path);
        return below;
      } else return undefined;
    }
    const last = path.at(-1)!;
    const old = last.value;
    if (old === undefined) return undefined;
    last.value = undefined;
    this.#shrink(path);
    return old;
  }

  /**
   * The values of all topics that a filter matches one by one, as Mosquitto in the order in which branches began, and undefined for each level that is passed
   * on the way: so whoever has looked at enough of them can go on later. The tree may change meanwhile. What was there
   * and stays is found once, what comes may be found, and what goes may be found all the same.
   */
  *walk(filter: string): Generator<T | undefined, void> {
    const levels = filter.split('/');
    // What is below, and which level of the filter comes next, alternating; an iterator gives the rest of the children
    const stack: (Iterator<Below<T>> | number)[] = [[this.#root as Below<T>].values(), 0];
    while (stack.length > 0) {
      const depth = stack.at(-1) as number;
      const { value: below, done } = (stack.at(-2) as Iterator<Below<T>, void>).next();
      if (done === true) stack.length -= 2;
      else if (below instanceof Level) {
        const level = levels[depth];
        yield level === undefined || level === '#' ? below.value : undefined;
        if (level !== undefined)
          stack.push(
            childrenOf(below, level, depth, below === this.#root),
            level === '#' ? depth : depth + 1,
          );
      } else yield matchesFrom(depth, levels, below.topic) ? below : undefined;
    }
  }

  /** All values. The tree must not change meanwhile. */
  *values(): Generator<T> {
    const stack: Below<T>[] = [this.#root];
    for (let below = stack.pop(); below !== undefined; below = stack.pop()) {
      if (!(below instanceof Level)) {
        yield below;
        continue;
      }
      if (below.value !== undefined) yield below.value;
      if (below.children instanceof Map) for (const child of below.children.values()) stack.push(child);
      else if (below.children !== undefined) stack.push(below.children);
    }
  }

  /** One value has gone: levels at the end of a path that lead nowhere now go as well. */
  #shrink(path: Level<T>[]): void {
    this.#size--;
    while (path.length > 1) {
      const { name, value, children } = path.pop()!;
      if (value !== undefined || children !== undefined) return;
      deleteChild(path.at(-1)!, name!);
    }
  }
}

/** A level with the value alone that stood in its place. */
function levelWith<T extends Topical>(name: string, value: T, depth: number): Level<T> {
  const level = new Level<T>(name);
  if (nameAt(value.topic, depth + 1) === undefined) level.value = value;
  else level.children = value;
  return level;
}

/** `depth` is that of the child: 0 below the root. */
function childOf<T extends Topical>(
  { children }: Pick<Level<T>, 'children'>,
  name: string,
  depth: number,
): Below<T> | undefined {
  if (children instanceof Map) return children.get(name);
  return children !== undefined && nameOf(children, depth) === name ? children : undefined;
}

/** In the place of the one of that name, or behind all others. */
function setChild<T extends Topical>(level: Level<T>, name: string, child: Below<T>, depth: number): void {
  const { children } = level;
  if (children instanceof Map) {
    children.set(name, child);
    return;
  }
  const only = children === undefined ? name : nameOf(children, depth);
  if (only === name) level.children = child;
  else
    level.children = new Map([
      [only, children!],
      [name, child],
    ]);
}

/** There is one of that name. */
function deleteChild<T extends Topical>(level: Level<T>, name: string): void {
  if (level.children instanceof Map && level.children.size > 1) level.children.delete(name);
  else level.children = undefined;
}

function nameOf<T extends Topical>(below: Below<T>, depth: number): string {
  return below instanceof Level ? below.name! : nameAt(below.topic, depth)!;
}

function nameAt(topic: string, depth: number): string | undefined {
  return topic.split('/', depth + 1)[depth];
}

/** Whether the levels of a filter from one on match those of a topic; the ones before do. */
function matchesFrom(depth: number, levels: readonly string[], topic: string): boolean {
  let from = 0;
  for (let before = 0; before < depth && from >= 0; before++) from = nextLevel(topic, from);
  for (let at = depth; ; at++) {
    const level = levels[at];
    if (level === '#') return true; // `a/#` matches `a` [MQTT-4.7.1-2]
    if (level === undefined || from < 0) return level === undefined && from < 0;
    const next = nextLevel(topic, from);
    const end = next < 0 ? topic.length : next - 1;
    if (level !== '+' && (end - from !== level.length || !topic.startsWith(level, from))) return false;
    from = next;
  }
}

/** Where the level behind the one at `from` begins; -1 for none. */
function nextLevel(topic: string, from: number): number {
  const separator = topic.indexOf('/', from);
  return separator < 0 ? -1 : separator + 1;
}

/** Whether it is below the root under a name with `$`, which wildcards do not match there. [MQTT-4.7.2-1] */
function isHidden<T extends Topical>(below: Below<T>): boolean {
  return (below instanceof Level ? below.name! : below.topic).startsWith('$');
}

/** The children of a level that one of a filter matches; `depth` is that level's place in the filter. */
function childrenOf<T extends Topical>(
  { children }: Level<T>,
  level: string,
  depth: number,
  atRoot: boolean,
): Iterator<Below<T>> {
  const isWild = level === '+' || level === '#';
  if (isWild && children instanceof Map)
    return atRoot ? children.values().filter((child) => !isHidden(child)) : children.values();
  const child = isWild ? children : childOf({ children }, level, depth);
  const isThere = child !== undefined && !(child instanceof Map) && !(isWild && atRoot && isHidden(child));
  return (isThere ? [child] : []).values();
}
