// Owns this phone as a wallet: registered once, its secret kept on it and nowhere else, in the server's time.
import { api } from '@/api/client'
import { newId } from './ids'
import { readMine, writeMine } from './stored'
import { stepAt, STEP_MS, walletCode } from './walletCode'

export interface Wallet {
  deviceId: string
  handle: string
  secret: string
  /** The server's clock minus the phone's, which may be wrong by months. */
  aheadMs: number
}

const WALLET = 'wallet'
const WANTED_ID = 'wallet-id'

export const keptWallet = (): Wallet | null => readMine<Wallet>(WALLET)

/** Register this phone. The id is kept before it is sent, so that a lost answer is asked for again and not twice. */
export async function openWallet(name: string): Promise<Wallet> {
  const deviceId = readMine<string>(WANTED_ID) ?? newId('dev')
  writeMine(WANTED_ID, deviceId)
  try {
    const made = await api.post('/v1/me/devices', { body: { device_id: deviceId, name } })
    const aheadMs = Date.parse(made.server_at) - Date.now()
    const wallet = { deviceId, handle: made.handle, secret: made.secret, aheadMs }
    writeMine(WALLET, wallet)
    return wallet
  } catch (error) {
    // The answer came too late to be given again: the next attempt is another device.
    if ((error as { code?: string }).code === 'device-exists') writeMine(WANTED_ID, null)
    throw error
  }
}

/** Look whether the wallet still holds and how the clocks stand; null when this phone was revoked. */
export async function checkWallet(wallet: Wallet): Promise<Wallet | null> {
  const devices = await api.get('/v1/me/devices')
  if (!devices.items.some((device) => device.device_id === wallet.deviceId)) {
    closeWallet()
    return null
  }
  const checked = { ...wallet, aheadMs: Date.parse(devices.server_at) - Date.now() }
  writeMine(WALLET, checked)
  return checked
}

export function closeWallet(): void {
  writeMine(WALLET, null)
  writeMine(WANTED_ID, null)
}

export interface Shown {
  code: string
  step: number
  leftMs: number
}

/** What the phone shows at `nowMs` by its own clock. */
export function codeNow(wallet: Wallet, nowMs = Date.now()): Shown {
  const serverMs = nowMs + wallet.aheadMs
  const step = stepAt(serverMs)
  return {
    code: walletCode(wallet.secret, wallet.handle, step),
    step,
    leftMs: (step + 1) * STEP_MS - serverMs,
  }
}
