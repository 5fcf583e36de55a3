// Owns telling a scanner that types (a keyboard wedge) from a person who types: a burst of keys, ended by Enter.

interface KeyLike {
  key: string
  code: string
  shiftKey: boolean
}

const SHIFTED: Record<string, string> = { Minus: '_' }
const PLAIN: Record<string, string> = { Minus: '-', Period: '.' }

/** The character a key types; a Chinese input method hides it, then the place of the key tells. */
export function characterOf(event: KeyLike): string {
  if (event.key !== 'Process' && event.key !== 'Unidentified') return event.key
  const { code, shiftKey } = event
  if (code.startsWith('Key')) return shiftKey ? code.slice(3) : code.slice(3).toLowerCase()
  if (code.startsWith('Digit') && !shiftKey) return code.slice(5)
  return (shiftKey ? SHIFTED[code] : PLAIN[code]) ?? code
}

export class WedgeBuffer {
  private typed = ''
  private lastMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly onScan: (code: string) => void,
    private readonly gapMaxMs = 60,
    private readonly lengthMin = 6,
  ) {}

  /** Take one character, or `Enter`, at `nowMs`; returns whether it ended a scan and should do nothing else. */
  key(key: string, nowMs: number): boolean {
    if (nowMs - this.lastMs > this.gapMaxMs) this.typed = ''
    this.lastMs = nowMs
    if (key === 'Enter') {
      const code = this.typed
      this.typed = ''
      if (code.length < this.lengthMin) return false
      this.onScan(code)
      return true
    }
    if (key.length === 1) this.typed += key
    return false
  }
}
