// Owns what this device redeemed today, for the cashier to look back at. The books are with the platform; this is a note.
import { dayOf } from './format'
import { readMine, writeMine } from './stored'

export interface Redeemed {
  redemption_id: string
  title: string
  points: number
  at: string
  isRefunded: boolean
}

const key = (now: number) => `redeemed:${dayOf(now)}`

export const redeemedToday = (now = Date.now()): Redeemed[] => readMine<Redeemed[]>(key(now)) ?? []

/** Note a redemption, newest first; the same one again changes nothing. */
export function noteRedeemed(one: Redeemed, now = Date.now()): void {
  const known = redeemedToday(now)
  if (!known.some((r) => r.redemption_id === one.redemption_id)) writeMine(key(now), [one, ...known])
}

export function noteRefunded(redemptionId: string, now = Date.now()): void {
  const changed = redeemedToday(now).map((r) =>
    r.redemption_id === redemptionId ? { ...r, isRefunded: true } : r,
  )
  writeMine(key(now), changed)
}
