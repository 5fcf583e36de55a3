// Owns how a place on a board reads: exact, or between two.
import type { Schema } from '@/api/client'
import { t } from '@/i18n'
import { thousands } from './format'

type MyBoard = Schema<'MyBoards'>['boards'][number]

export function placeText(board: Pick<MyBoard, 'place' | 'is_withheld'>): string {
  const place = board.place
  if (board.is_withheld) return t('boards.few')
  if (!place) return t('boards.noPlace')
  if (place.first === place.last) return t('boards.place', { n: thousands(place.first) })
  return t('boards.between', { first: thousands(place.first), last: thousands(place.last) })
}
