// Makes the first page in the browser arrive in one step (H5 only): on a slow network every further round trip costs more than the
// few kilobytes it brings. What all pages share and the home page are one file; and a script of a few lines, which is there
// long before the app, asks for what the home page of a signed-in resident shows.
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'
import { EARLY_PATHS } from '../src/lib/early.h5'

const isH5 = (process.env.UNI_PLATFORM ?? 'h5') === 'h5'
const FIRST = /\/src\/(api|components|i18n|lib|pages\/home|stores)\//
/** Chunks of their own: only who scans, types or prints needs them. */
const LATER =
  /\/lib\/(camera\.h5|barcode|declaring|faults|files|photo|qr|sha256|sound|useScanner|wallet|walletCode|wedge)\.ts|\/Cp(Barcode|Field|Month|Picks|Qr|ScanBox)\.vue/

const early = (base: string) => `(() => {
  const paths = ${JSON.stringify(EARLY_PATHS.map((path) => base + path))}
  let session = null
  try { session = JSON.parse(localStorage.getItem('session')) } catch {}
  const isHome = location.pathname === '/' || location.pathname === '/pages/home/index'
  const isGood = session && session.role === 'resident' && Date.parse(session.expires_at) > Date.now()
  if (!isHome || !isGood) return
  const headers = { Authorization: 'Bearer ' + session.access_token }
  const ask = (path) => fetch(path, { headers, signal: AbortSignal.timeout?.(8000) }).then((a) => a.json().then((data) => ({ status: a.status, data })))
  const answers = Object.fromEntries(paths.map((path) => [path, ask(path)]))
  Object.values(answers).forEach((answer) => answer.catch(() => {}))
  window.tanhuiEarly = { token: session.access_token, answers }
})()
`

export function firstLoad(): Plugin {
  const source = early(process.env.VITE_API_URL ?? '')
  const fileName = `assets/early-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.js`
  return {
    name: 'first-load',
    apply: 'build',
    config: () => {
      if (!isH5) return
      const manualChunks = (id: string) => (FIRST.test(id) && !LATER.test(id) ? 'first' : undefined)
      return { build: { rollupOptions: { output: { manualChunks } } } }
    },
    generateBundle() {
      if (isH5) this.emitFile({ type: 'asset', fileName, source })
    },
    transformIndexHtml: {
      order: 'post',
      handler: () =>
        isH5
          ? [{ tag: 'script', attrs: { src: `/${fileName}`, async: true }, injectTo: 'head-prepend' }]
          : [],
    },
  }
}
