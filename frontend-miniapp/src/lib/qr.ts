// Owns drawing a QR code: pure JavaScript, the same in WeChat, Alipay, the browser and tests. No canvas.
import qrcode from 'qrcode-generator'

export const QUIET_MODULES = 4

export interface QrImage {
  /** A GIF data URL, black on white. */
  src: string
  /** How many modules wide it is, with the quiet zone that scanners need. */
  modules: number
}

/** Digits alone make the smallest code. */
export function qrImage(text: string, cellPx = 8): QrImage {
  const code = qrcode(0, 'M')
  code.addData(text, /^\d+$/.test(text) ? 'Numeric' : 'Byte')
  code.make()
  return {
    src: code.createDataURL(cellPx, QUIET_MODULES * cellPx),
    modules: code.getModuleCount() + 2 * QUIET_MODULES,
  }
}
