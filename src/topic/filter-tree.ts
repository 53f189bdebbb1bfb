/** Values kept under topic filters and found by topic name: the subscriptions. */
import { hasWildcard, ownLevels } from './topic.ts';

interface Node<T> {
  /** The filter level that leads here, to take the node away when it is empty. */
  readonly level: string;
  readonly parent: Node<T> | undefined;
  /**
   * Next levels by name; `+` and `#` stand among them. An only child needs no map, which takes 180 bytes: a filter of 200
   * levels would take 48 KB.
   */
  children: Map<string, Node<T>> | Node<T> | undefined;
  values: Set<T> | undefined;
}

/** Topics whose matches are remembered. An entry costs about 200 bytes and the list of its values. */
const CACHE_SIZE = 4096;
/** Values in all these lists, eight bytes each: many subscribers to many topics must not add up. */
const CACHE_VALUES = 1 << 20;
/** Longer topics are matched each time, so that peers cannot fill the cache with names of 64 KiB. */
const LONGEST_CACHED = 256;

const NONE: readonly never[] = Object.freeze([]);

/**
 * A tree of filter levels. `a/+/c` and `a/#` share the node `a`:
 *
 *     root ─ a ─ + ─ c  {values}
 *              └ #      {values}
 *
 * Matches are remembered per topic until a change could alter them: a filter without wildcards alters one
 * topic, a filter with wildcards any. At most 201 levels deep, and walked without recursion.
 */
export class FilterTree<T> {
  readonly #root: Node<T> = { level: '', parent: undefined, children: undefined, values: undefined };
  readonly #cache = new Map<string, readonly T[]>();
  #cachedValues = 0;

  /** Adds a value; false if it was there. */
  add(filter: string, value: T): boolean {
    let node = this.#root;
    for (const level of ownLevels(filter)) {
      let child = childOf(node, level);
      if (child === undefined) {
        child = { level, parent: node, children: undefined, values: undefined };
        addChild(node, child);
      }
      node = child;
    }
    node.values ??= new Set();
    if (node.values.has(value)) return false;
    node.values.add(value);
    this.forget(filter);
    return true;
  }

  /** Takes a value away; false if it was not there. */
  remove(filter: string, value: T): boolean {
    let node: Node<T> | undefined = this.#root;
    for (const level of filter.split('/')) {
      node = childOf(node, level);
      if (node === undefined) return false;
    }
    if (!node.values?.delete(value)) return false;
    if (node.values.size === 0) node.values = undefined;
    prune(node);
    this.forget(filter);
    return true;
  }

  /**
   * The values of all filters that match a topic name: at each level the literal ones, then `+`, then `#`, as
   * Mosquitto. The list is shared and must not be changed.
   */
  match(topic: string): readonly T[] {
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = this.#find(topic);
    if (topic.length <= LONGEST_CACHED) this.#remember(topic, found);
    return found;
  }

  /** Forgets remembered matches that a change under `filter` could alter. */
  forget(filter: string): void {
    if (hasWildcard(filter)) this.#forgetAll();
    else this.#drop(filter);
  }

  #find(topic: string): readonly T[] {
    const found: T[] = [];
    const levels = topic.split('/');
    const last = levels.length;
    // A node and its depth, alternating; what is pushed last is visited first
    const stack: (Node<T> | number)[] = [this.#root, 0];
    while (stack.length > 0) {
      const depth = stack.pop() as number;
      const node = stack.pop() as Node<T>;
      if (depth >= last) {
        collect(node, found);
        if (depth === last) collect(childOf(node, '#'), found); // `a/#` matches `a` [MQTT-4.7.1-2]
        continue;
      }
      if (node.children === undefined) continue;
      // [MQTT-4.7.2-1]: a leading wildcard does not match a leading `$`
      const wild = depth > 0 || !topic.startsWith('$');
      const rest = wild ? childOf(node, '#') : undefined;
      const any = wild ? childOf(node, '+') : undefined;
      const literal = childOf(node, levels[depth]!);
      if (rest !== undefined) stack.push(rest, last + 1);
      if (any !== undefined) stack.push(any, depth + 1);
      if (literal !== undefined) stack.push(literal, depth + 1);
    }
    return found.length === 0 ? NONE : found;
  }

  #remember(topic: string, found: readonly T[]): void {
    if (this.#cachedValues + found.length > CACHE_VALUES) this.#forgetAll();
    else if (this.#cache.size >= CACHE_SIZE) this.#dropOldest();
    this.#cache.set(topic, found);
    this.#cachedValues += found.length;
  }

  #forgetAll(): void {
    this.#cache.clear();
    this.#cachedValues = 0;
  }

  #drop(topic: string): void {
    this.#cachedValues -= this.#cache.get(topic)?.length ?? 0;
    this.#cache.delete(topic);
  }

  /** Makes room by forgetting the eighth that was remembered first. */
  #dropOldest(): void {
    let count = CACHE_SIZE / 8;
    for (const topic of this.#cache.keys()) {
      this.#drop(topic);
      if (--count === 0) return;
    }
  }
}

function childOf<T>({ children }: Node<T>, level: string): Node<T> | undefined {
  if (children instanceof Map) return children.get(level);
  return children?.level === level ? children : undefined;
}

/** There is none of that name. */
function addChild<T>(node: Node<T>, child: Node<T>): void {
  const { children } = node;
  if (children === undefined) node.children = child;
  else if (children instanceof Map) children.set(child.level, child);
  else
    node.children = new Map([
      [children.level, children],
      [child.level, child],
    ]);
}

function collect<T>(node: Node<T> | undefined, found: T[]): void {
  if (node?.values !== undefined) for (const value of node.values) found.push(value);
}

/** Takes empty nodes away, from a leaf upwards. */
function prune<T>(leaf: Node<T>): void {
  let node: Node<T> = leaf;
  while (node.parent !== undefined && node.values === undefined && node.children === undefined) {
    const { parent, level } = node;
    if (parent.children instanceof Map && parent.children.size > 1) parent.children.delete(level);
    else parent.children = undefined;
    node = parent;
  }
}
