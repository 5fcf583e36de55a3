import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import uniModule from '@dcloudio/vite-plugin-uni'
// vite-plugin-uni is CommonJS: with "type":"module" the default export is wrapped once more
const uni = (uniModule as unknown as { default?: typeof uniModule }).default ?? uniModule

/**
 * uni-app 5.x ships usage beacons in every product (found by reading its output, 2026-11):
 *  - WeChat: uni.mp.esm.js calls wx.preloadAssets(https://cdn1.dcloud.net.cn/<hex(base64(appid))>/img/shadow-grey.png) 3 s after launch; the host name is hidden in String.fromCharCode
 *  - H5 and Alipay: CSS animation "shadow-preload" loads https://cdn*.dcloud.net.cn/img/shadow-grey.png 3 s after launch
 * Remove them, and fail the build when the code to remove is no longer where we expect it.
 */
function noVendorBeacon(): Plugin {
  let out = ''
  let seen = false
  const plat = process.env.UNI_PLATFORM ?? ''
  return {
    name: 'no-vendor-beacon',
    apply: 'build',
    enforce: 'pre',
    configResolved(c) {
      out = process.env.UNI_OUTPUT_DIR || c.build.outDir
    },
    transform(code, id) {
      if (!/uni-mp-weixin\/dist\/uni\.mp\.esm\.js/.test(id.replace(/\\/g, '/'))) return
      const r = code
        .replace(/\n\s*preloadAsset\(\);\n/, '\n')
        .replace(/function preloadAsset\(\) \{[\s\S]*?\n\}\n/, '')
      if (r.includes('preloadAsset')) throw new Error('no-vendor-beacon: uni-mp-weixin changed, review it')
      seen = true
      return { code: r, map: null }
    },
    closeBundle() {
      if (plat === 'mp-weixin' && !seen) throw new Error('no-vendor-beacon: uni.mp.esm.js was not seen')
      const walk = (d: string): string[] =>
        readdirSync(d).flatMap((n) => {
          const p = join(d, n)
          return statSync(p).isDirectory() ? walk(p) : [p]
        })
      const bad: string[] = []
      for (const f of walk(out)) {
        if (!/\.(css|wxss|acss|js|html|json|wxml|axml)$/.test(f)) continue
        const s = readFileSync(f, 'utf8')
        const r = s
          .replace(/https:\/\/cdn\d*\.(?:dcloud\.net\.cn|dcimg\.net)\/img\/shadow-\w+\.png/g, 'data:,')
          .replace(/(page|body)::?after\{[^}]*shadow-preload[^}]*\}/g, '')
          .replace(/@(-webkit-)?keyframes shadow-preload\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '')
          .replace('https://uniapp.dcloud.net.cn/tutorial/run/mp-log.html', '')
        if (r !== s) writeFileSync(f, r)
        if (/dcloud(?!io)|dcimg|bspapp|preloadAssets|shadow-preload|fromCharCode\((?:\d+,){8,}/.test(r))
          bad.push(f)
      }
      if (bad.length) throw new Error('no-vendor-beacon: still present in ' + bad.join(', '))
    },
  }
}
/** WeChat's attribute is aria-role, everyone else's is role. */
function weixinAriaRole(): Plugin {
  return {
    name: 'weixin-aria-role',
    enforce: 'pre',
    transform(code, id) {
      if (process.env.UNI_PLATFORM !== 'mp-weixin' || !id.endsWith('.vue')) return
      return { code: code.replace(/(\s)role="/g, '$1aria-role="'), map: null }
    },
  }
}
export default defineConfig({
  plugins: [weixinAriaRole(), uni(), noVendorBeacon()],
})
