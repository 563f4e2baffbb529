import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    target: 'es2022',
    // The whole editor is one file on purpose: the tests load it from the same machine.
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      // Mantine marks every module for a kind of rendering that is not used here.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
})
