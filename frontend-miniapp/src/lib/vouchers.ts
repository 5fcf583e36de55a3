// Owns what the phone knows of a resident's vouchers: which drawer each lies in, and the signed codes that are kept so
// that they can be shown without a network.
import { api, type Schema } from '@/api/client'
import { readMine, writeMine } from './stored'

export type Voucher = Schema<'Voucher'>
export type Drawer = 'open' | 'used' | 'gone'

export const DRAWERS: Drawer[] = ['open', 'used', 'gone']
const PREFETCH_MAX = 10

const DRAWER_OF: Record<Voucher['state'], Drawer> = {
  open: 'open',
  posted: 'used',
  voided: 'gone',
  'timed-out': 'gone',
  refunded: 'gone',
}

/** The drawer as of now: an open voucher past its deadline has ended, also while there is no network to say so. */
export const drawerOf = (voucher: Voucher, now = Date.now()): Drawer =>
  voucher.state === 'open' && Date.parse(voucher.due_at) <= now ? 'gone' : DRAWER_OF[voucher.state]

const tokenKey = (id: string) => `token:${id}`

export const keptToken = (id: string): string | null => readMine<string>(tokenKey(id))

/** The code of a voucher: kept, else asked for and kept. */
export async function tokenOf(id: string): Promise<string> {
  const kept = keptToken(id)
  if (kept) return kept
  const { token } = await api.get('/v1/me/vouchers/{redemption_id}/token', { path: { redemption_id: id } })
  writeMine(tokenKey(id), token)
  return token
}

/** Keep the codes of open vouchers before they are needed without a network; what fails is tried again next time. */
export async function keepTokens(vouchers: Voucher[]): Promise<void> {
  const missing = vouchers.filter((v) => drawerOf(v) === 'open' && !keptToken(v.redemption_id))
  for (const voucher of missing.slice(0, PREFETCH_MAX)) {
    await tokenOf(voucher.redemption_id).catch(() => '')
  }
}
