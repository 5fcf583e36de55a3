// Owns how one recorded activity reads in a list, wherever it is listed.
import type { Schema } from '@/api/client'
import { t } from '@/i18n'
import { fromMilli, grams } from './format'

export type Activity = Schema<'Activity'>

/** What became of it: how much was saved; and if it did not count in full, in a word why. */
export const outcomeParts = (record: Activity): string[] => {
  const saved = t('records.saved', { grams: grams(record.grams_co2e) })
  const word = t(`outcome.${record.outcome}`)
  if (record.outcome === 'accepted') return [saved]
  return record.grams_co2e ? [saved, word] : [word]
}

export const worth = (record: Activity): string =>
  record.millipoints ? `+${fromMilli(record.millipoints)}` : '0'
