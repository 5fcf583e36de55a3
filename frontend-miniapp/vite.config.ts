import uniModule from '@dcloudio/vite-plugin-uni'
import { defineConfig } from 'vite'
import { firstLoad } from './tools/first-load'
import { noVendorBeacon } from './tools/no-vendor-beacon'
import { offlineShell } from './tools/offline-shell'
import { weixinAriaRole } from './tools/weixin-aria-role'

// The plugin is CommonJS: in an ES module its default export is wrapped once more.
const uni = (uniModule as unknown as { default?: typeof uniModule }).default ?? uniModule

export default defineConfig({
  plugins: [weixinAriaRole(), uni(), firstLoad(), offlineShell(), noVendorBeacon()],
})
