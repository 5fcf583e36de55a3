// Owns what a resident types about a behaviour and what is sent of it: amounts in the units people use, whole numbers with the
// units of the methodology; the day and time of the city.
import type { Method } from './methodology'

/** How many of what is sent make one of what is typed. Behaviours with other inputs cannot be declared here. */
const PER_TYPED: Record<string, number> = {
  distance_m: 1000,
  steps: 1,
  charged_wh: 1000,
  electricity_wh: 1000,
  clothes_g: 1000,
}
const AMOUNT = /^\d{1,7}(?:[.．。]\d{1,3})?$/

export const isTypeable = (method: Method): boolean =>
  method.isDeclarable && method.inputs.length <= 1 && method.inputs.every((input) => input.name in PER_TYPED)

/** The range of the one amount in the unit that is typed; null when nothing is to be typed. */
export function rangeOf(method: Method): { least: number; most: number } | null {
  const input = method.inputs[0]
  if (!input) return null
  const per = PER_TYPED[input.name] ?? 1
  return { least: input.minimum / per, most: input.maximum / per }
}

/** The inputs to send; null when what was typed is no amount in the range. */
export function inputsOf(method: Method, typed: string): Record<string, number> | null {
  const input = method.inputs[0]
  if (!input) return {}
  const trimmed = typed.trim()
  if (!AMOUNT.test(trimmed)) return null
  const amount = Math.round(Number(trimmed.replace(/[．。]/, '.')) * (PER_TYPED[input.name] ?? 1))
  return amount >= input.minimum && amount <= input.maximum ? { [input.name]: amount } : null
}

/** The last so many city days, today first. */
export const lastDays = (now: number, count: number, dayOf: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, back) => dayOf(now - back * 86_400_000))

/** The event's id begins with its day. */
export const eventIdOn = (on: string, id: string): string => `${on.replace(/-/g, '')}-${id}`
