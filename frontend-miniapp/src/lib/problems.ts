// Owns the sentence a person reads when something did not work. No English reaches a reader of Chinese.
import { ApiError } from '@/api/client'
import { isChinese, t } from '@/i18n'
import { dateTime } from './format'

const HAN = /[\u4e00-\u9fff]/

export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('problem.unknown')
  if (error.status === 0) return t('problem.network')
  const problem = error.problem
  if (problem === null) return t('problem.unknown')
  if (problem.code === 'voucher-already-redeemed') return usedText(problem)
  if (problem.errors?.some((fault) => fault.pointer === '/token')) return t('problem.notACode')
  if (isChinese()) return HAN.test(problem.title) ? problem.title : t('problem.unknown')
  return problem.detail || t('problem.unknown')
}

function usedText(problem: Record<string, unknown>): string {
  const at = typeof problem.redeemed_at === 'string' ? dateTime(problem.redeemed_at) : ''
  const store = typeof problem.store_name === 'string' ? problem.store_name : ''
  return [t('problem.used', { at }), store].filter(Boolean).join(isChinese() ? '，' : ', ')
}

/** Whether trying the very same again later may help. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)
