// uni-app ships usage beacons in every product (found by reading its output, 2026-11):
// - WeChat: uni.mp.esm.js calls wx.preloadAssets of an address at the vendor that carries the appid, 3 s after launch; the
//   host's name is hidden in String.fromCharCode.
// - H5 and Alipay: a CSS animation "shadow-preload" loads a picture from the vendor 3 s after launch.
// This removes them, and fails the build when what is to be removed is no longer where we expect it.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const TEXT_FILE = /\.(css|wxss|acss|js|html|json|wxml|axml)$/
const BEACON = /dcloud(?!io)|dcimg|bspapp|preloadAssets|shadow-preload|fromCharCode\((?:\d+,){8,}/

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })
}

const cleaned = (text: string): string =>
  text
    .replace(/https:\/\/cdn\d*\.(?:dcloud\.net\.cn|dcimg\.net)\/img\/shadow-\w+\.png/g, 'data:,')
    .replace(/(page|body)::?after\{[^}]*shadow-preload[^}]*\}/g, '')
    .replace(/@(-webkit-)?keyframes shadow-preload\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '')
    .replace('https://uniapp.dcloud.net.cn/tutorial/run/mp-log.html', '')

export function noVendorBeacon(): Plugin {
  let out = ''
  let wasSeen = false
  return {
    name: 'no-vendor-beacon',
    apply: 'build',
    enforce: 'pre',
    configResolved(config) {
      out = process.env.UNI_OUTPUT_DIR || config.build.outDir
    },
    transform(code, id) {
      if (!/uni-mp-weixin\/dist\/uni\.mp\.esm\.js/.test(id.replace(/\\/g, '/'))) return
      const without = code
        .replace(/\n\s*preloadAsset\(\);\n/, '\n')
        .replace(/function preloadAsset\(\) \{[\s\S]*?\n\}\n/, '')
      if (without.includes('preloadAsset'))
        throw new Error('no-vendor-beacon: uni-mp-weixin changed, review it')
      wasSeen = true
      return { code: without, map: null }
    },
    closeBundle() {
      if (process.env.UNI_PLATFORM === 'mp-weixin' && !wasSeen) {
        throw new Error('no-vendor-beacon: uni.mp.esm.js was not seen')
      }
      const left = files(out).filter((path) => {
        if (!TEXT_FILE.test(path)) return false
        const before = readFileSync(path, 'utf8')
        const after = cleaned(before)
        if (after !== before) writeFileSync(path, after)
        return BEACON.test(after)
      })
      if (left.length) throw new Error(`no-vendor-beacon: still present in ${left.join(', ')}`)
    },
  }
}
