/** Bundles for a browser, as those who use the library make them. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Bundle {
  /** A script that leaves the exports under a global name. */
  readonly code: string;
  /** Minified and compressed by gzip, bytes. */
  readonly gzipped: number;
  /** Every file in it, from the root of the project. */
  readonly files: readonly string[];
  /** What is imported and not in it. */
  readonly missing: readonly string[];
}

/** Bundles what a module exports, by the path of a file or the name of a package. */
export async function bundle(entry: string, globalName: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from '${entry}';`, resolveDir: ROOT },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName,
    platform: 'browser',
    target: 'es2024',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const code = outputFiles[0]!.text;
  return {
    code,
    gzipped: gzipSync(code, { level: 9 }).length,
    files: Object.keys(metafile.inputs).filter((file) => file !== '<stdin>'),
    missing: Object.values(metafile.inputs).flatMap(({ imports }) =>
      imports.filter(({ external }) => external === true).map(({ path }) => path),
    ),
  };
}
