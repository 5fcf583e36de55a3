// Owns this phone as a wallet: registered once, its secret kept on it and nowhere else, in the server's time.
import { api } from '@/api/client'
import { newId } from './ids'
import { readMine, writeMine } from './stored'
import { stepAt, STEP_MS, walletCode } from './walletCode'

export interface Wallet {
  deviceId: string
  handle: string
  secret: string
  /** Follows the code in the QR code, so that the server need not look up whose it is; empty for none. */
  ownerSeal?: string
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
    const wallet = {
      deviceId,
      handle: made.handle,
      secret: made.secret,
      ownerSeal: made.owner_seal,
      aheadMs,
    }
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
  const own = devices.items.find((device) => device.device_id === wallet.deviceId)
  if (!own) {
    closeWallet()
    return null
  }
  const aheadMs = Date.parse(devices.server_at) - Date.now()
  const checked = { ...wallet, ownerSeal: own.owner_seal, aheadMs }
  writeMine(WALLET, checked)
  return checked
}

export function closeWallet(): void {
  writeMine(WALLET, null)
  writeMine(WANTED_ID, null)
}

export interface Shown {
  code: string
  /** What the QR code says: the code and whose it is. */
  qr: string
  step: number
  leftMs: number
}

/** What the phone shows at `nowMs` by its own clock. */
export function codeNow(wallet: Wallet, nowMs = Date.now()): Shown {
  const serverMs = nowMs + wallet.aheadMs
  const step = stepAt(serverMs)
  const code = walletCode(wallet.secret, wallet.handle, step)
  return {
    code,
    qr: code + (wallet.ownerSeal ?? ''),
    step,
    leftMs: (step + 1) * STEP_MS - serverMs,
  }
}
