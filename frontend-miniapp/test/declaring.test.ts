import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/client'
import { eventIdOn, inputsOf, isTypeable, lastDays, rangeOf } from '@/lib/declaring'
import { faultyFields } from '@/lib/faults'
import { dayOf, grams } from '@/lib/format'
import { readMethod, type Method } from '@/lib/methodology'
import { plainYuan, yuan } from '@/lib/money'

const method = (inputs: Record<string, { minimum: number; maximum: number }>, percent = 50): Method =>
  readMethod({ id: 'm', version: 1, inputs, evidence_share_percent: { 'self-declared': percent } })
const RIDE = method({ distance_m: { minimum: 100, maximum: 30_000 } })

describe('declaring', () => {
  it('takes amounts in the units people use', () => {
    expect(rangeOf(RIDE)).toEqual({ least: 0.1, most: 30 })
    expect(inputsOf(RIDE, '2.5')).toEqual({ distance_m: 2500 })
    expect(inputsOf(RIDE, ' 2。5 ')).toEqual({ distance_m: 2500 })
  })
  it.each(['', '0.05', '30.1', 'two', '-3', '1e3'])('%j is no amount in the range', (typed) =>
    expect(inputsOf(RIDE, typed)).toBeNull(),
  )
  it('needs no amount where occurrences count', () => {
    expect(rangeOf(method({}))).toBeNull()
    expect(inputsOf(method({}), '')).toEqual({})
  })
  it('offers only what own word counts for and can be typed', () => {
    expect(isTypeable(RIDE)).toBe(true)
    expect(isTypeable(method({}, 0))).toBe(false)
    expect(isTypeable(method({ unheard_of: { minimum: 1, maximum: 2 } }))).toBe(false)
  })
  it('names the event by the day of the city', () => {
    const days = lastDays(Date.parse('2026-11-24T17:00:00Z'), 2, dayOf)
    expect(days).toEqual(['2026-11-25', '2026-11-24'])
    expect(eventIdOn(days[1]!, 'own-x')).toBe('20261124-own-x')
  })
})

describe('what the console and forms share', () => {
  it('names the fields of a problem once each', () => {
    const errors = [
      { pointer: '/valid_hours/0/opens', detail: 'x' },
      { pointer: '/valid_hours/0/closes', detail: 'x' },
      { pointer: '/points', detail: 'x' },
    ]
    const problem = { code: 'invalid-input', title: 't', detail: 'd', status: 400, errors }
    expect(faultyFields(new ApiError(400, problem))).toEqual(['valid_hours', 'points'])
    expect(faultyFields(new Error('boom'))).toEqual([])
  })
  it('writes what went back with a sign', () => {
    expect(yuan(-150)).toBe('−¥1.50')
    expect(grams(-5150)).toBe('−5.1 千克')
  })
  it('gives money back as it is typed', () =>
    expect([plainYuan(3000), plainYuan(3050)]).toEqual(['30', '30.50']))
})
