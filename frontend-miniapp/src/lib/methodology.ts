// Owns reading a methodology document for people: the API hands it over whole, its shape grows with time.
// What is missing is left out, never guessed.
import { isChinese, t, type Key } from '@/i18n'
import { zh } from '@/i18n/zh'

export interface Factor {
  value: string
  unit: string
  kind: string
  where: string
  source: string
  grade: string
  gradeMeaning: string
}

export interface Method {
  id: string
  version: number
  name: string
  behaviour: string
  scenario: string
  cls: string
  isDemo: boolean
  gramsPerPoint: string
  pointsPerKg: number
  pointsReason: string
  notes: string
  capPerDay: number | null
  validFrom: string
  unit: string
  inputs: { name: string; minimum: number; maximum: number }[]
  /** Whether a resident's own word counts for something. */
  isDeclarable: boolean
  needsPhoto: boolean
  shares: { evidence: string; percent: number }[]
  factors: Factor[]
  digest: string
}

type Doc = Record<string, unknown>

const words = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return ''
  const both = value as { zh?: string; en?: string }
  return (isChinese() ? both.zh : both.en) ?? both.zh ?? ''
}
const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** A word of ours for a fixed value, else the value itself. */
const known = (prefix: string, value: string): string => {
  const key = `${prefix}${value}`
  return key in zh ? t(key as Key) : value
}

const PER: Record<string, string> = {
  bag: '个',
  bill: '次',
  drop: '次',
  kg: '千克',
  km: '公里',
  kWh: '千瓦时',
  meal: '餐',
  order: '单',
  'passenger-km': '人公里',
  permit: '件',
  ride: '次',
  statement: '份',
  step: '步',
  trip: '次',
  use: '次',
}
const unitWord = (unit: string) => (/^gCO2e?$/.test(unit) ? '克' : (PER[unit] ?? unit))
/** gCO2e/passenger-km → 克/人公里 */
export const unitText = (unit: string): string =>
  isChinese() ? unit.split('/').map(unitWord).join('/') : unit

export const evidenceText = (evidence: string): string => known('evidence.', evidence)

export function readFactor(doc: Doc): Factor {
  const grade = text(doc.grade)
  const kind = text(doc.kind)
  return {
    value: text(doc.value),
    unit: unitText(text(doc.unit)),
    kind: known('factor.', kind),
    where: t('factor.where', { place: text(doc.place), year: text(doc.year) }),
    source: text(doc.source),
    grade: /^[A-Z]$/.test(grade) ? grade : '',
    gradeMeaning: /^[A-C]$/.test(grade) ? t(`factor.grade${grade}` as Key) : '',
  }
}

export function readMethod(doc: Doc): Method {
  const caps = (doc.caps ?? {}) as Doc
  const shares = Object.entries((doc.evidence_share_percent ?? {}) as Record<string, number>)
  return {
    id: text(doc.id),
    version: Number(doc.version),
    name: words(doc.name),
    behaviour: words(doc.behaviour),
    scenario: text(doc.scenario),
    cls: text(doc.class),
    isDemo: doc.demo === true,
    gramsPerPoint: text(doc.grams_per_point),
    pointsPerKg: Number(doc.points_per_kg),
    pointsReason: words(doc.points_reason),
    notes: words(doc.notes),
    capPerDay: typeof caps.events_per_day === 'number' ? caps.events_per_day : null,
    validFrom: text(doc.valid_from),
    unit: words(doc.unit),
    inputs: Object.entries((doc.inputs ?? {}) as Record<string, { minimum: number; maximum: number }>).map(
      ([name, range]) => ({ name, ...range }),
    ),
    isDeclarable: shares.some(([evidence, percent]) => evidence === 'self-declared' && percent > 0),
    needsPhoto: (doc.verification as { photo?: boolean } | undefined)?.photo === true,
    shares: shares.map(([evidence, percent]) => ({ evidence: evidenceText(evidence), percent })),
    factors: Object.values((doc.factors ?? {}) as Record<string, Doc>).map(readFactor),
    digest: text(doc.digest),
  }
}
