import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError, config } from '@/api/client'
import { code128c } from '@/lib/barcode'
import { hoursText } from '@/lib/hours'
import { parseYuan, yuan } from '@/lib/money'
import { ascii, hmacSha256, sha256 } from '@/lib/sha256'
import { readMine } from '@/lib/stored'
import { checkWallet, codeNow, keptWallet, openWallet } from '@/lib/wallet'
import { asPaymentCode, CODE_DIGITS, inFours, stepAt, walletCode } from '@/lib/walletCode'

interface Vectors {
  code_digits: number
  prefix: string
  owner_seal_digits: number
  codes: { secret: string; handle: string; epoch_ms: number; step: number; code: string }[]
}
const vectors = JSON.parse(readFileSync('../docs/wallet-code-vectors.json', 'utf8')) as Vectors
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('the digest', () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 119, 200])('of %d bytes is SHA-256', (length) => {
    const text = 'a'.repeat(length)
    expect(hex(sha256(ascii(text)))).toBe(createHash('sha256').update(text).digest('hex'))
  })
  it.each([5, 64, 65, 100])('with a key of %d bytes is HMAC', (length) => {
    const key = 'k'.repeat(length)
    expect(hex(hmacSha256(ascii(key), ascii('message')))).toBe(
      createHmac('sha256', key).update('message').digest('hex'),
    )
  })
})

describe('the wallet code', () => {
  it.each(vectors.codes)(
    'of $handle at $epoch_ms is the server’s',
    ({ secret, handle, epoch_ms, step, code }) => {
      expect(stepAt(epoch_ms)).toBe(step)
      expect(walletCode(secret, handle, step)).toBe(code)
      expect(code).toHaveLength(CODE_DIGITS)
    },
  )
  it('is told from a voucher by its digits', () => {
    const code = vectors.codes[0]!.code
    expect([asPaymentCode(inFours(code)), asPaymentCode('eyJhbGciOi.x.y'), asPaymentCode('12')]).toEqual([
      code,
      null,
      null,
    ])
    const sealed = code + '1'.repeat(vectors.owner_seal_digits)
    expect([sealed, sealed + '1', sealed.replace('77', '66')].map(asPaymentCode)).toEqual([
      sealed,
      null,
      null,
    ])
  })
})

describe('a wallet', () => {
  const serverAt = Date.parse('2026-11-24T04:00:10.000Z')
  let answer: { status: number; data: unknown }
  const device = {
    device_id: '',
    name: 'x',
    handle: '04817263',
    secret: 's'.repeat(43),
    owner_seal: '1'.repeat(41),
    registered_at: '',
    step_s: 30,
  }
  let asked: string[] = []
  beforeEach(() => {
    asked = []
    config.renew = () => Promise.resolve(false)
    config.transport = async (sent) => {
      const id = (sent.data as { device_id?: string } | undefined)?.device_id
      if (id) asked.push(id)
      if (answer.status === 0) throw new ApiError(0, null)
      return answer
    }
    answer = { status: 201, data: { ...device, server_at: new Date(serverAt).toISOString() } }
  })
  it('follows the server’s time, however wrong the phone’s clock', async () => {
    const wallet = await openWallet('x')
    const shown = codeNow(wallet, Date.now())
    expect(shown.step).toBe(stepAt(serverAt))
    expect(shown.qr).toBe(shown.code + device.owner_seal)
    expect(shown.leftMs).toBeGreaterThan(19_000)
    expect(shown.leftMs).toBeLessThanOrEqual(20_000)
  })
  it('asks under the same id again when the answer was lost, and under another when that is too late', async () => {
    answer = { status: 0, data: null }
    await expect(openWallet('x')).rejects.toBeInstanceOf(ApiError)
    answer = { status: 409, data: { code: 'device-exists', title: '已登记', detail: '', status: 409 } }
    await expect(openWallet('x')).rejects.toBeInstanceOf(ApiError)
    answer = { status: 201, data: { ...device, server_at: new Date(serverAt).toISOString() } }
    await openWallet('x')
    expect(asked[1]).toBe(asked[0])
    expect(asked[2]).not.toBe(asked[0])
  })
  it('that was revoked is forgotten', async () => {
    const wallet = await openWallet('x')
    expect(keptWallet()).not.toBe(null)
    answer = { status: 200, data: { items: [], devices_max: 5, server_at: new Date(serverAt).toISOString() } }
    expect(await checkWallet(wallet)).toBe(null)
    expect(readMine('wallet')).toBe(null)
  })
})

describe('a barcode', () => {
  it('is start, pairs, check and stop between two quiet zones', () => {
    const runs = code128c('7704817263802990077188')
    expect(runs.reduce((sum, n) => sum + n, 0)).toBe(10 + 11 * 13 + 13 + 10)
    expect([runs[0], runs.at(-1)]).toEqual([10, 10])
    expect(runs.slice(1, 7).join('')).toBe('211232')
    expect(runs.slice(-8, -1).join('')).toBe('2331112')
  })
})

describe('money', () => {
  it.each([
    ['25', 2500],
    ['25.5', 2550],
    [' 25.05 ', 2505],
    ['25。50', 2550],
    ['0.01', 1],
    ['0', null],
    ['', null],
    ['25.555', null],
    ['-3', null],
    ['1e3', null],
    ['12345678', null],
  ])('%s yuan are %s fen', (text, fen) => expect(parseYuan(text)).toBe(fen))
  it('is written with its sign and both decimals', () => {
    expect([yuan(2505), yuan(123_456_700)]).toEqual(['¥25.05', '¥1,234,567.00'])
  })
})

describe('hours', () => {
  it('are said by the week', () => {
    const hours = (weekdays: number[]) => hoursText([{ weekdays, opens: '11:00', closes: '14:00' }])
    expect([hours([1, 2, 3, 4, 5]), hours([6, 7]), hours([1, 2, 3, 4, 5, 6, 7])]).toEqual([
      '周一–周五 11:00–14:00',
      '周六 周日 11:00–14:00',
      '每天 11:00–14:00',
    ])
  })
})
