import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
// Unit tests use plain @vitejs/plugin-vue, not the uni plugin; uni's tags are treated as custom elements and `uni` is a stub.
export default defineConfig({
  plugins: [
    vue({
      template: {
        compilerOptions: {
          isCustomElement: (t) => ['view', 'text', 'image', 'button', 'scroll-view', 'input'].includes(t),
        },
      },
    }) as never,
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: { environment: 'happy-dom', setupFiles: ['test/setup.ts'], include: ['test/**/*.test.ts'] },
})
