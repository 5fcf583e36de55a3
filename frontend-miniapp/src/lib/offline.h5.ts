// Owns keeping the app itself in the browser (H5 only): registered when the page has come to rest.
export function keepApp(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  window.addEventListener('load', () => {
    setTimeout(() => void navigator.serviceWorker.register('/sw.js').catch(() => {}), 1000)
  })
}
