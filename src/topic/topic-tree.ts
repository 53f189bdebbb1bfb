/** Values kept under topic names and found by topic filter: the retained messages. */

interface Node<T> {
  readonly level: string;
  readonly parent: Node<T> | undefined;
  /** An only child needs no map: of a million topics nearly every level has one, and a map takes 180 bytes. */
  children: Map<string, Node<T>> | Node<T> | undefined;
  value: T | undefined;
}

const NO_CHILDREN: readonly never[] = [];

/**
 * A tree of topic levels with at most one value a topic. A filter without wildcards costs its levels; one with
 * wildcards the part of the tree it covers. Walked without recursion.
 */
export class TopicTree<T> {
  readonly #root: Node<T> = { level: '', parent: undefined, children: undefined, value: undefined };
  #size = 0;

  /** How many topics have a value. */
  get size(): number {
    return this.#size;
  }

  get(topic: string): T | undefined {
    return this.#node(topic)?.value;
  }

  /** Sets the value of a topic and returns the one it replaces. */
  set(topic: string, value: T): T | undefined {
    let node = this.#root;
    for (const level of topic.split('/')) {
      node = childOf(node, level) ?? addChild(node, level);
    }
    const old = node.value;
    if (old === undefined) this.#size++;
    node.value = value;
    return old;
  }

  /** Takes the value of a topic away and returns it. */
  delete(topic: string): T | undefined {
    const node = this.#node(topic);
    if (node?.value === undefined) return undefined;
    const old = node.value;
    node.value = undefined;
    this.#size--;
    prune(node);
    return old;
  }

  /** The values of all topics that a filter matches, in the order in which their branches began. */
  match(filter: string): T[] {
    const found: T[] = [];
    const levels = filter.split('/');
    const stack: (Node<T> | number)[] = [this.#root, 0];
    while (stack.length > 0) {
      const depth = stack.pop() as number;
      const node = stack.pop() as Node<T>;
      const level = levels[depth];
      if (level === undefined) {
        if (node.value !== undefined) found.push(node.value);
      } else if (level === '#') {
        collectBelow(node, depth === 0, found);
      } else if (level === '+') {
        for (const child of lastFirst(node)) {
          if (depth > 0 || !child.level.startsWith('$')) stack.push(child, depth + 1); // [MQTT-4.7.2-1]
        }
      } else {
        const child = childOf(node, level);
        if (child !== undefined) stack.push(child, depth + 1);
      }
    }
    return found;
  }

  /** All values. The tree must not change meanwhile. */
  *values(): Generator<T> {
    const stack: Node<T>[] = [this.#root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node.value !== undefined) yield node.value;
      if (node.children instanceof Map) for (const child of node.children.values()) stack.push(child);
      else if (node.children !== undefined) stack.push(node.children);
    }
  }

  #node(topic: string): Node<T> | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const level of topic.split('/')) {
      node = childOf(node, level);
      if (node === undefined) return undefined;
    }
    return node;
  }
}

function childOf<T>({ children }: Node<T>, level: string): Node<T> | undefined {
  if (children instanceof Map) return children.get(level);
  return children?.level === level ? children : undefined;
}

/** There is none of that level yet. */
function addChild<T>(node: Node<T>, level: string): Node<T> {
  const child: Node<T> = { level, parent: node, children: undefined, value: undefined };
  const { children } = node;
  if (children === undefined) node.children = child;
  else if (children instanceof Map) children.set(level, child);
  else
    node.children = new Map([
      [children.level, children],
      [level, child],
    ]);
  return child;
}

/** The children of a node for a stack, so that the one that came first is visited first; as Mosquitto. */
function lastFirst<T>(node: Node<T>): readonly Node<T>[] {
  const { children } = node;
  if (children instanceof Map) return [...children.values()].toReversed();
  return children === undefined ? NO_CHILDREN : [children];
}

/** `#`: the node itself and all below it; at the root not those that start with `$`. [MQTT-4.7.2-1] */
function collectBelow<T>(top: Node<T>, atRoot: boolean, found: T[]): void {
  const stack: Node<T>[] = [top];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.value !== undefined) found.push(node.value);
    for (const child of lastFirst(node)) {
      if (node !== top || !atRoot || !child.level.startsWith('$')) stack.push(child);
    }
  }
}

function prune<T>(leaf: Node<T>): void {
  let node: Node<T> = leaf;
  while (node.parent !== undefined && node.value === undefined && node.children === undefined) {
    const { parent, level } = node;
    if (!(parent.children instanceof Map)) parent.children = undefined;
    else if (parent.children.delete(level) && parent.children.size === 0) parent.children = undefined;
    node = parent;
  }
}
