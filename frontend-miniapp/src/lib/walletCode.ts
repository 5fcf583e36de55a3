// Owns the wallet code (docs/wallet-code.md): made on the phone from the device's secret, without a network.
// Held to the same test vectors as the server, docs/wallet-code-vectors.json.
import { ascii, hmacSha256 } from './sha256'

export const PREFIX = '77'
export const CODE_DIGITS = 22
export const SEAL_DIGITS = 41
export const STEP_MS = 30_000

export const stepAt = (epochMs: number): number => Math.floor(epochMs / STEP_MS)

export function walletCode(secret: string, handle: string, step: number): string {
  const digest = new DataView(hmacSha256(ascii(secret), ascii(`tanhui-wallet/1|${handle}|${step}`)).buffer)
  const five = (at: number) => String(digest.getUint32(at) % 100_000).padStart(5, '0')
  return PREFIX + handle + String(step % 100).padStart(2, '0') + five(0) + five(4)
}

/** Whether a scanned or typed text is meant as a payment code: nothing but digits, spaces between them allowed. */
export const asPaymentCode = (text: string): string | null => {
  const digits = text.replace(/\s/g, '')
  const isSealed = digits.length === CODE_DIGITS + SEAL_DIGITS && digits.startsWith(PREFIX)
  return /^\d{16,24}$/.test(digits) || (isSealed && /^\d+$/.test(digits)) ? digits : null
}

export const inFours = (code: string): string => code.replace(/(\d{4})(?=\d)/g, '$1 ')
