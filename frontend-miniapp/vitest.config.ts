// Unit tests compile with plain Vue, not with uni's compiler: uni's tags are custom elements and `uni` is a stub.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const UNI_TAGS = ['view', 'text', 'image', 'scroll-view', 'input', 'rich-text']

export default defineConfig({
  plugins: [
    vue({ template: { compilerOptions: { isCustomElement: (tag) => UNI_TAGS.includes(tag) } } }) as never,
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: { environment: 'happy-dom', setupFiles: ['test/setup.ts'], include: ['test/**/*.test.ts'] },
})
