import { readdirSync } from 'node:fs';

/** The folders of scripts, `NN-area`, in order. */
const root = new URL('../', import.meta.url);

/** Imports every script file whose path contains `part`; what they write stands in `scripts` afterwards. */
export async function loadScripts(part = ''): Promise<void> {
  for (const file of scriptFiles()) if (file.includes(part)) await import(new URL(file, root).href);
}

function scriptFiles(): readonly string[] {
  const areas = readdirSync(root).filter((name) => /^\d\d-/.test(name));
  return areas
    .flatMap((area) => readdirSync(new URL(area, root)).map((name) => `${area}/${name}`))
    .toSorted();
}
