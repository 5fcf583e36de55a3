// Writes sw.js (H5 only): the app's own files are kept by the browser, so that a voucher can be shown without a network.
// Pages are asked of the network first, files with a hash in their name never change. The API is left alone.
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** Only the till needs it, and the till needs a network. */
const NOT_KEPT = /jsQR/

const worker = (version: string, files: string[]) => `
const CACHE = 'tanhui-${version}'
const FILES = ${JSON.stringify(['/', ...files])}
self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()))
})
self.addEventListener('activate', (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()))
})
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate' && !/^\\/(v1|docs|problems)(\\/|$)/.test(url.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match('/')))
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)))
  }
})
`

export function offlineShell(): Plugin {
  return {
    name: 'offline-shell',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        if ((process.env.UNI_PLATFORM ?? 'h5') !== 'h5') return
        const files = Object.keys(bundle).filter((name) => name.startsWith('assets/') && !NOT_KEPT.test(name))
        const version = createHash('sha256').update(files.sort().join()).digest('hex').slice(0, 12)
        const source = worker(
          version,
          files.map((name) => `/${name}`),
        )
        this.emitFile({ type: 'asset', fileName: 'sw.js', source })
      },
    },
  }
}
