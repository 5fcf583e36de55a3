// Owns how an objection reads wherever it is listed.
import type { Schema } from '@/api/client'
import { isChinese, t } from '@/i18n'

type Appeal = Schema<'Appeal'>

const WAITING = ['open', 'asked', 'proposed']

export const isWaiting = (appeal: Appeal): boolean => WAITING.includes(appeal.state)

/** The service words it in Chinese; other languages name the state. */
export const appealState = (appeal: Appeal): string =>
  isChinese() ? appeal.state_text : t(`appeal.state.${appeal.state}`)
