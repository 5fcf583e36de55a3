// Owns an offer as a form: texts as they are typed, and the draft that they make. Pure; the page shows and sends.
import type { Schema } from '@/api/client'
import { dayOf } from '@/lib/format'
import { parseYuan, plainYuan } from '@/lib/money'
import type { ConsoleKey } from '../words'

export type Drafted = Schema<'DraftedOffer'>
export type Draft = Schema<'DraftOffer'>
export type Kind = Draft['kind']
export type Faults = Partial<Record<string, ConsoleKey>>

export const KINDS: Kind[] = [
  'item-for-points',
  'amount-off',
  'top-up',
  'service',
  'coupon',
  'low-carbon-goods',
  'frequent-traveller',
  'priority-window',
]
/** The fields that only some kinds have. */
const MONEY_OF: Partial<Record<Kind, readonly MoneyName[]>> = {
  'amount-off': ['amount_off_fen', 'bill_min_fen'],
  coupon: ['amount_off_fen', 'bill_min_fen'],
  'top-up': ['top_up_fen'],
}
const NEEDED: Partial<Record<Kind, readonly string[]>> = {
  'amount-off': ['amount_off_fen'],
  'top-up': ['top_up_fen'],
  'low-carbon-goods': ['points_normal'],
  'frequent-traveller': ['limit_per_resident'],
  'priority-window': ['audience_id'],
}
const MONEY = ['amount_off_fen', 'bill_min_fen', 'top_up_fen', 'value_fen', 'budget_fen'] as const
const LIMITS = ['limit_per_resident', 'limit_per_resident_per_day', 'limit_per_day'] as const
type MoneyName = (typeof MONEY)[number]
type LimitName = (typeof LIMITS)[number]

export interface Form {
  kind: Kind
  scenario: string
  title: string
  points: string
  points_normal: string
  stock: string
  starts_on: string
  ends_on: string
  store_ids: string[]
  description: string
  terms: string
  money: Record<MoneyName, string>
  limits: Record<LimitName, string>
  weekdays: string[]
  opens: string
  closes: string
  methodology_ids: string[]
  count: string
  days: string
  audience_id: string
}

const CITY = '+08:00'
const DATE = /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/
const CLOCK = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/
const WHOLE = /^\d{1,7}$/
const YEAR_MS = 365 * 86_400_000

export const moneyOf = (kind: Kind): MoneyName[] => [...(MONEY_OF[kind] ?? []), 'value_fen', 'budget_fen']
export const LIMIT_NAMES: readonly LimitName[] = LIMITS

export function emptyForm(now: number, storeIds: string[]): Form {
  return {
    kind: 'item-for-points',
    scenario: '用',
    title: '',
    points: '',
    points_normal: '',
    stock: '',
    starts_on: dayOf(now),
    ends_on: dayOf(now + YEAR_MS / 4),
    store_ids: storeIds,
    description: '',
    terms: '',
    money: { amount_off_fen: '', bill_min_fen: '', top_up_fen: '', value_fen: '', budget_fen: '' },
    limits: { limit_per_resident: '', limit_per_resident_per_day: '', limit_per_day: '' },
    weekdays: [],
    opens: '09:00',
    closes: '21:00',
    methodology_ids: [],
    count: '',
    days: '30',
    audience_id: '',
  }
}

const said = (n: number | undefined) => (n === undefined ? '' : String(n))

export function formOf(offer: Drafted): Form {
  const form = emptyForm(Date.now(), offer.store_ids)
  const hours = offer.valid_hours?.[0]
  for (const name of MONEY) form.money[name] = offer[name] === undefined ? '' : plainYuan(offer[name])
  for (const name of LIMITS) form.limits[name] = said(offer[name])
  return {
    ...form,
    kind: offer.kind as Kind,
    scenario: offer.scenario,
    title: offer.title,
    points: String(offer.points),
    points_normal: said(offer.points_normal),
    stock: String(offer.stock),
    starts_on: dayOf(Date.parse(offer.starts_at)),
    ends_on: dayOf(Date.parse(offer.ends_at)),
    description: offer.description ?? '',
    terms: offer.terms ?? '',
    weekdays: (hours?.weekdays ?? []).map(String),
    opens: hours?.opens ?? form.opens,
    closes: hours?.closes ?? form.closes,
    methodology_ids: offer.behaviour?.methodology_ids ?? [],
    count: said(offer.behaviour?.count),
    days: said(offer.behaviour?.days) || form.days,
    audience_id: offer.audience_id ?? '',
  }
}

/** The offer that a form makes, and what is wrong with it, by the name of the field. */
export function draftOf(form: Form, id: string, before: Drafted | null): { draft: Draft; faults: Faults } {
  const faults: Faults = {}
  const whole = (name: string, text: string, isNeeded: boolean): number | undefined => {
    const trimmed = text.trim()
    if (!trimmed && !isNeeded) return undefined
    if (!WHOLE.test(trimmed)) faults[name] = trimmed ? 'all.whole' : 'all.needed'
    return Number(trimmed)
  }
  const needed = NEEDED[form.kind] ?? []
  if (!form.title.trim()) faults.title = 'all.needed'
  if (!form.store_ids.length) faults.store_ids = 'offer.pickStore'
  for (const name of ['starts_on', 'ends_on'] as const) if (!DATE.test(form[name])) faults[name] = 'all.date'
  const draft: Draft = {
    id,
    kind: form.kind,
    scenario: form.scenario as Draft['scenario'],
    title: form.title.trim(),
    points: whole('points', form.points, true) ?? 0,
    stock: whole('stock', form.stock, true) ?? 0,
    store_ids: form.store_ids,
    starts_at: instant(form.starts_on, '00:00:00', before?.starts_at),
    ends_at: instant(form.ends_on, '23:59:59', before?.ends_at),
    ...(form.description.trim() ? { description: form.description.trim() } : {}),
    ...(form.terms.trim() ? { terms: form.terms.trim() } : {}),
    ...keptOf(before),
  }
  for (const name of moneyOf(form.kind)) {
    const text = form.money[name].trim()
    const fen = parseYuan(text)
    if (!text && needed.includes(name)) faults[name] = 'all.needed'
    else if (text && fen === null) faults[name] = 'all.money'
    else if (fen !== null) draft[name] = fen
  }
  for (const name of LIMITS) put(draft, name, whole(name, form.limits[name], needed.includes(name)))
  if (form.kind === 'low-carbon-goods')
    put(draft, 'points_normal', whole('points_normal', form.points_normal, true))
  addHours(form, draft, faults, before)
  if (form.kind === 'frequent-traveller') {
    if (!form.methodology_ids.length) faults.behaviour = 'offer.pickBehaviour'
    const [count, days] = [whole('count', form.count, true), whole('days', form.days, true)]
    draft.behaviour = { methodology_ids: form.methodology_ids, count: count ?? 0, days: days ?? 0 }
  }
  if (form.kind === 'priority-window') {
    if (!form.audience_id.trim()) faults.audience_id = 'all.needed'
    draft.audience_id = form.audience_id.trim()
  }
  return { draft, faults }
}

/** What this form does not show stays as it is. */
function keptOf(before: Drafted | null): Partial<Draft> {
  const kept: Record<string, unknown> = {}
  for (const name of ['picture', 'behaviour', 'audience_id', 'priority_until'] as const)
    if (before?.[name] !== undefined) kept[name] = before[name]
  return kept
}

function put(draft: Draft, name: LimitName | 'points_normal', value: number | undefined): void {
  if (value !== undefined) draft[name] = value
}

/** What an offer said of its second and later windows stays. */
function addHours(form: Form, draft: Draft, faults: Faults, before: Drafted | null): void {
  if (!form.weekdays.length) return
  for (const name of ['opens', 'closes'] as const) if (!CLOCK.test(form[name])) faults[name] = 'offer.clock'
  const first = { weekdays: form.weekdays.map(Number), opens: form.opens, closes: form.closes }
  draft.valid_hours = [first, ...(before?.valid_hours?.slice(1) ?? [])] as Draft['valid_hours']
}

/** A day's end as an instant; the very instant that stood there before when the day is the same. */
function instant(on: string, clock: string, before: string | undefined): string {
  const isSame = before !== undefined && dayOf(Date.parse(before)) === on
  return isSame ? before : `${on}T${clock}${CITY}`
}
