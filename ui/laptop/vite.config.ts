import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const ui = join(here, '..');

/** Character maps, fonts and decoders that pdf.js fetches while it draws; the app has no network. */
function pdfResources(): Plugin {
  const from = join(ui, 'node_modules/pdfjs-dist');
  return {
    name: 'pdf-resources',
    apply: 'build',
    writeBundle(options) {
      for (const folder of ['cmaps', 'standard_fonts', 'wasm']) {
        const to = join(options.dir ?? '', 'pdfjs', folder);
        mkdirSync(to, { recursive: true });
        cpSync(join(from, folder), to, { recursive: true });
      }
    },
  };
}

export default defineConfig({
  root: here,
  // The window serves the pages from the root of its own scheme, the host from its own origin.
  base: '/',
  plugins: [svelte({ configFile: join(ui, 'svelte.config.js') }), pdfResources()],
  resolve: {
    alias: {
      $generated: join(ui, 'generated'),
      $messages: join(ui, '../messages'),
      $shared: join(ui, 'shared'),
    },
  },
  build: {
    outDir: join(ui, 'dist/laptop'),
    emptyOutDir: true,
    target: ['chrome120', 'safari18'],
    // Nothing inline: the content-security policy allows scripts and fonts of our own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    port: 5173,
    strictPort: true,
    fs: { allow: [join(ui, '..')] },
    // `npm run dev` beside a running host: the interface reloads, the commands are real.
    proxy: Object.fromEntries(
      ['/call', '/upload', '/download', '/commands'].map((path) => [
        path,
        { target: process.env.DOORSTEP_HOST ?? 'http://127.0.0.1:7373', changeOrigin: true },
      ]),
    ),
  },
});
