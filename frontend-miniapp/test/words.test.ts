import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ApiError, type Problem } from '@/api/client'
import { setLocale, t } from '@/i18n'
import { en } from '@/i18n/en'
import { zh } from '@/i18n/zh'
import { unitText } from '@/lib/methodology'
import { isPassing, problemText } from '@/lib/problems'

afterEach(() => setLocale('zh-CN'))
const problem = (change: Partial<Problem>) =>
  new ApiError(409, { code: 'x', title: '积分不足', detail: 'not enough points', status: 409, ...change })
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : [path]
  })
}

describe('words', () => {
  it.each(Object.keys(zh) as (keyof typeof zh)[])('%s fills in the same in both languages', (key) => {
    const optional = new Set(['{year}'])
    const both = [zh[key], en[key]].map((text) => placeholders(text).filter((name) => !optional.has(name)))
    expect(both[0]).toEqual(both[1])
  })
  it('are all in the dictionary: no page has Chinese of its own', () => {
    const own = sources('src')
      .filter((path) => path.endsWith('.vue'))
      .filter((path) => {
        const text = readFileSync(path, 'utf8').replace(/\/\/.*|<!--[\s\S]*?-->|\/\*[\s\S]*?\*\//g, '')
        return /[\u4e00-\u9fff]/.test(text.replace(/'中文'/g, ''))
      })
    expect(own).toEqual([])
  })
  it('are filled in', () => expect(t('home.month', { n: 5 })).toBe('本月 +5'))
})

describe('what went wrong', () => {
  it('is said in Chinese by the title', () => expect(problemText(problem({}))).toBe('积分不足'))
  it('is never said in English to a reader of Chinese', () => {
    expect(problemText(problem({ title: 'Internal error' }))).toBe('出错了，请稍后再试')
    expect(problemText(new Error('boom'))).toBe('出错了，请稍后再试')
    expect(problemText(new ApiError(502, null))).toBe('出错了，请稍后再试')
  })
  it('is the network when nothing answered', () => {
    expect(problemText(new ApiError(0, null))).toBe('网络连接不上，请检查网络后重试')
  })
  it('names time and place of a voucher used before', () => {
    const used = problem({
      code: 'voucher-already-redeemed',
      redeemed_at: '2020-01-02T03:04:00.000Z',
      store_name: '东门店',
    })
    expect(problemText(used)).toBe('这张券已经用过：2020年1月2日 11:04，东门店')
  })
  it('is the detail in English', () => {
    setLocale('en')
    expect(problemText(problem({}))).toBe('not enough points')
  })
  it('passes when the network or the server was at fault', () => {
    expect([
      isPassing(new ApiError(0, null)),
      isPassing(new ApiError(503, null)),
      isPassing(problem({})),
    ]).toEqual([true, true, false])
  })
})

describe('units', () => {
  it.each([
    ['gCO2e/passenger-km', '克/人公里'],
    ['gCO2/kWh', '克/千瓦时'],
    ['km/kWh', '公里/千瓦时'],
    ['gCO2e/ride', '克/次'],
  ])('%s reads %s', (unit, text) => expect(unitText(unit)).toBe(text))
})
