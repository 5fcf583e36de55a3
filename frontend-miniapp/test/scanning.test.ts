import jsQR from 'jsqr'
import { describe, expect, it } from 'vitest'
import { newId } from '@/lib/ids'
import { QUIET_MODULES, qrImage } from '@/lib/qr'
import { characterOf, WedgeBuffer } from '@/lib/wedge'
import qrcode from 'qrcode-generator'

function type(buffer: WedgeBuffer, text: string, gapMs: number, from = 0): boolean {
  let now = from
  for (const key of text) buffer.key(key, (now += gapMs))
  return buffer.key('Enter', now + gapMs)
}

describe('a scanner that types', () => {
  it('is told from a person by its speed', () => {
    const got: string[] = []
    const buffer = new WedgeBuffer((code) => got.push(code))
    expect(type(buffer, 'eyJhbGciOi.abc-_', 8)).toBe(true)
    expect(type(buffer, 'hello world', 180, 10_000)).toBe(false)
    expect(got).toEqual(['eyJhbGciOi.abc-_'])
  })
  it('starts anew after a pause', () => {
    const got: string[] = []
    const buffer = new WedgeBuffer((code) => got.push(code))
    buffer.key('x', 0)
    type(buffer, '1234567', 8, 500)
    expect(got).toEqual(['1234567'])
  })
  it('is understood through a Chinese input method', () => {
    const key = (code: string, shiftKey = false) => characterOf({ key: 'Process', code, shiftKey })
    expect([
      key('KeyE'),
      key('KeyE', true),
      key('Digit7'),
      key('Minus'),
      key('Minus', true),
      key('Period'),
    ]).toEqual(['e', 'E', '7', '-', '_', '.'])
  })
})

describe('a QR code', () => {
  it('is a picture with a quiet zone of four modules', () => {
    const image = qrImage('hello')
    expect(image.src).toMatch(/^data:image\/gif;base64,R0lGOD/)
    expect(image.modules).toBe(21 + 2 * QUIET_MODULES)
  })
  it('as long as a signed voucher is read back', () => {
    const token = 'eyJhbGciOiJFZERTQSJ9.'.padEnd(340, 'aZ9_-')
    const code = qrcode(0, 'M')
    code.addData(token, 'Byte')
    code.make()
    const modules = code.getModuleCount()
    const side = (modules + 8) * 3
    const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
    for (let y = 0; y < modules * 3; y += 1) {
      for (let x = 0; x < modules * 3; x += 1) {
        if (code.isDark(Math.floor(y / 3), Math.floor(x / 3)))
          pixels.fill(0, ((y + 12) * side + x + 12) * 4, ((y + 12) * side + x + 12) * 4 + 3)
      }
    }
    expect(jsQR(pixels, side, side)?.data).toBe(token)
  })
})

describe('ids', () => {
  it('are as the API takes them and never alike', () => {
    const ids = new Set(Array.from({ length: 1000 }, () => newId('red')))
    expect(ids.size).toBe(1000)
    expect([...ids].every((id) => /^[A-Za-z0-9_-]{12,64}$/.test(id))).toBe(true)
  })
})
