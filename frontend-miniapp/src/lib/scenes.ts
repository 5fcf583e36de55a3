// Owns the five scenarios and the picture of each behaviour. Colour never says anything alone: the icon does.
import type { IconName } from './icons'

/** Those of methodologies; offers know one more. */
export const SCENARIOS = ['衣', '食', '住', '行', '用'] as const
export const OFFER_SCENARIOS = [...SCENARIOS, '其他'] as const

const BY_SCENARIO: Record<string, IconName> = {
  衣: 'shirt',
  食: 'utensils',
  住: 'house',
  行: 'bus',
  用: 'shopping-bag',
  其他: 'gift',
}
const BY_WORD: [string, IconName][] = [
  ['metro', 'train-front'],
  ['bicycle', 'bike'],
  ['walking', 'footprints'],
  ['cup', 'cup-soda'],
  ['bus', 'bus'],
  ['clothes', 'shirt'],
  ['electricity', 'zap'],
  ['charging', 'zap'],
  ['waste', 'recycle'],
  ['bill', 'receipt-text'],
  ['statement', 'receipt-text'],
  ['permit', 'file-check'],
]

export const scenarioIcon = (scenario: string): IconName => BY_SCENARIO[scenario] ?? 'leaf'

export const behaviourIcon = (methodologyId: string, scenario: string): IconName =>
  BY_WORD.find(([word]) => methodologyId.includes(word))?.[1] ?? scenarioIcon(scenario)
