// Owns what a browser needs to know of uni-app's elements, which are not native controls. H5 only.
const KEYED = new Set(['button', 'switch', 'radio', 'checkbox', 'tab'])

function describe(root: ParentNode): void {
  const each = (selector: string, act: (element: HTMLElement) => void) =>
    root.querySelectorAll<HTMLElement>(selector).forEach(act)
  each('img:not([alt])', (image) => image.setAttribute('alt', ''))
  each('uni-input[aria-label] input:not([aria-label])', (input) => {
    input.setAttribute('aria-label', input.closest('uni-input')!.getAttribute('aria-label')!)
  })
  each('uni-textarea[aria-label] textarea:not([aria-label])', (area) => {
    area.setAttribute('aria-label', area.closest('uni-textarea')!.getAttribute('aria-label')!)
  })
  each('uni-page-wrapper:not([role])', (wrapper) => wrapper.setAttribute('role', 'main'))
}

/** Enter and space press what has the role of a button. */
function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  const isPress = event.key === 'Enter' || event.key === ' '
  if (!isPress || !KEYED.has(target.getAttribute?.('role') ?? '')) return
  event.preventDefault()
  target.click()
}

export function installA11y(): void {
  describe(document)
  new MutationObserver(() => describe(document)).observe(document.body, { childList: true, subtree: true })
  document.addEventListener('keydown', onKey)
}
