// Owns opening and validity hours in words: 周一至周五 11:00–14:00.
import { t, type Key } from '@/i18n'

export interface Hours {
  weekdays?: unknown
  opens?: unknown
  closes?: unknown
}

const name = (day: number) => t(`weekday.${day}` as Key)

function days(weekdays: number[]): string {
  if (weekdays.length === 7) return t('weekday.every')
  const isRow = weekdays.length > 2 && weekdays.every((d, i) => i === 0 || d === weekdays[i - 1]! + 1)
  return isRow ? `${name(weekdays[0]!)}–${name(weekdays.at(-1)!)}` : weekdays.map(name).join(' ')
}

export const hoursText = (all: Hours[]): string =>
  all
    .filter((one) => Array.isArray(one.weekdays) && one.weekdays.length)
    .map(
      (one) => `${days([...(one.weekdays as number[])].sort())} ${String(one.opens)}–${String(one.closes)}`,
    )
    .join('，')
