import { defineConfig } from 'vitest/config'

// A server started with `make run`, for `npm run dev`.
const server = 'http://127.0.0.1:8000'

export default defineConfig({
  build: {
    outDir: '../crdt_server/web/static',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is inlined, so the page works under a Content-Security-Policy of 'self'.
    assetsInlineLimit: 0,
    license: { fileName: 'assets/licenses.txt' },
    // Both editors are one download on purpose: no page needs only one of them.
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: {
      '/ws': { target: server, ws: true },
      '/hocuspocus': { target: server, ws: true },
      '/health': server,
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
  },
})
