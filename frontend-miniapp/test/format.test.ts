import { afterEach, describe, expect, it } from 'vitest'
import { setLocale } from '@/i18n'
import {
  dateTime,
  dayOf,
  fromMilli,
  fullDay,
  grams,
  kilograms,
  month,
  monthAfter,
  monthBefore,
  relativeDay,
  signed,
  thousands,
} from '@/lib/format'

const NOON = Date.parse('2026-11-24T04:00:00Z')

afterEach(() => setLocale('zh-CN'))

describe('numbers', () => {
  it.each([
    [0, '0 克'],
    [515, '515 克'],
    [1705, '1.7 千克'],
    [1999, '1.9 千克'],
    [12_000, '12.0 千克'],
    [1_234_567, '1.23 吨'],
  ])('%d grams read %s', (g, text) => expect(grams(g)).toBe(text))

  it('never says more than there is', () => expect(kilograms(38_499)).toBe('38.4'))
  it('shows thousandths of points without idle zeros', () => {
    expect([fromMilli(51_500), fromMilli(8_000), fromMilli(1_234_005)]).toEqual(['51.5', '8', '1,234.005'])
  })
  it('groups thousands and shows the sign', () => {
    expect([thousands(12860), signed(-500), signed(12), signed(0)]).toEqual(['12,860', '−500', '+12', '0'])
  })
})

describe('days', () => {
  it('are the city’s, whatever the phone’s zone', () =>
    expect(dayOf(Date.parse('2026-11-23T16:30:00Z'))).toBe('2026-11-24'))
  it.each([
    ['2026-11-24T03:27:18.000Z', '今天 11:27'],
    ['2026-11-23T15:59:00.000Z', '昨天 23:59'],
    ['2026-11-20T00:05:00.000Z', '11月20日 08:05'],
    ['2025-12-31T16:00:00.000Z', '1月1日 00:00'],
    ['2025-12-31T15:00:00.000Z', '2025年12月31日 23:00'],
  ])('%s reads %s', (at, text) => expect(dateTime(at, NOON)).toBe(text))
  it('name deadlines in full', () => expect(fullDay('2027-12-31')).toBe('2027年12月31日'))
  it('step from month to month over the year', () => {
    expect([monthBefore('2026-01'), monthAfter('2026-12'), month('2026-11')]).toEqual([
      '2025-12',
      '2027-01',
      '2026年11月',
    ])
  })
  it('are said in English on demand', () => {
    setLocale('en')
    expect([relativeDay('2026-11-24', NOON), dateTime('2026-11-20T00:05:00Z', NOON), grams(1705)]).toEqual([
      'Today',
      '20 Nov 08:05',
      '1.7 kg',
    ])
  })
})
