// Owns the one short message at the bottom of the screen, which a screen reader speaks.
import { ref } from 'vue'

export interface Notice {
  text: string
  isError: boolean
}

const current = ref<Notice | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

function show(text: string, isError: boolean): void {
  if (timer) clearTimeout(timer)
  current.value = { text, isError }
  timer = setTimeout(() => (current.value = null), isError ? 6000 : 3000)
}

export const notice = {
  current,
  say: (text: string) => show(text, false),
  fail: (text: string) => show(text, true),
  clear: () => (current.value = null),
}
