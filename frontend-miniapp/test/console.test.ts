import { describe, expect, it } from 'vitest'
import { draftOf, emptyForm, formOf, moneyOf, type Drafted, type Form } from '@/merchant/offers/form'
import { enConsole, zhConsole, type ConsoleKey } from '@/merchant/words'

const NOON = Date.parse('2026-11-25T04:00:00Z')
const form = (change: Partial<Form> = {}): Form => ({
  ...emptyForm(NOON, ['sto_1']),
  title: '干洗大衣一件',
  points: '50',
  stock: '100',
  ...change,
})
const made = (change: Partial<Form> = {}) => draftOf(form(change), 'off_1', null)

describe('an offer as a form', () => {
  it('makes whole days of the city', () => {
    const { draft, faults } = made({ starts_on: '2026-12-01', ends_on: '2026-12-31' })
    expect(faults).toEqual({})
    expect([draft.starts_at, draft.ends_at]).toEqual([
      '2026-12-01T00:00:00+08:00',
      '2026-12-31T23:59:59+08:00',
    ])
  })
  it('names every field that is wrong', () => {
    const wrong = { title: ' ', points: 'x', stock: '', ends_on: '31.12.', store_ids: [] }
    expect(made(wrong).faults).toEqual({
      title: 'all.needed',
      points: 'all.whole',
      stock: 'all.needed',
      ends_on: 'all.date',
      store_ids: 'offer.pickStore',
    })
  })
  it('keeps money in fen and leaves out what was not typed', () => {
    const money = { ...form().money, amount_off_fen: '8.5', value_fen: '8' }
    const { draft } = made({ kind: 'amount-off', money })
    expect([draft.amount_off_fen, draft.value_fen, draft.budget_fen]).toEqual([850, 800, undefined])
  })
  it('demands what its kind needs', () => {
    expect(made({ kind: 'amount-off' }).faults).toEqual({ amount_off_fen: 'all.needed' })
    expect(made({ kind: 'low-carbon-goods' }).faults).toEqual({ points_normal: 'all.needed' })
    expect(Object.keys(made({ kind: 'frequent-traveller' }).faults).sort()).toEqual([
      'behaviour',
      'count',
      'limit_per_resident',
    ])
    expect(made({ kind: 'priority-window' }).faults).toEqual({ audience_id: 'all.needed' })
  })
  it('does not send the money of another kind', () => {
    expect(moneyOf('top-up')).toEqual(['top_up_fen', 'value_fen', 'budget_fen'])
    const money = { ...form().money, amount_off_fen: '8' }
    expect(made({ kind: 'service', money }).draft.amount_off_fen).toBeUndefined()
  })
  it('gives an offer back as it was read, also what it does not show', () => {
    const before = {
      id: 'off_1',
      merchant_id: 'mer_1',
      kind: 'coupon',
      scenario: '住',
      title: '建材券',
      points: 80,
      stock: 200,
      store_ids: ['sto_2'],
      starts_at: '2026-11-20T02:00:00.000Z',
      ends_at: '2026-12-31T15:00:00.000Z',
      value_fen: 1950,
      amount_off_fen: 20000,
      picture: 'pictures/mer_1/x.jpg',
      audience_id: 'aud_1',
      priority_until: '2026-12-01T00:00:00.000Z',
      behaviour: { methodology_ids: ['walking'], count: 3, days: 30 },
      valid_hours: [
        { weekdays: [1, 2], opens: '09:00', closes: '12:00' },
        { weekdays: [1, 2], opens: '14:00', closes: '18:00' },
      ],
    } satisfies Drafted
    const { draft, faults } = draftOf(formOf(before), before.id, before)
    const { merchant_id: _, ...said } = before
    expect(faults).toEqual({})
    expect(draft).toEqual(said)
  })
})

describe("the console's words", () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort()
  it.each(Object.keys(zhConsole) as ConsoleKey[])('%s fills in the same in both languages', (key) => {
    expect(holes(zhConsole[key])).toEqual(holes(enConsole[key]))
  })
})
