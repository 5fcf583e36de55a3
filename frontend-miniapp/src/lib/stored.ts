// Owns what is kept on the phone. Must not keep anything of one person for the next: everything under `mine:` goes when
// they sign out.
const MINE = 'mine:'

export function readStored<T>(key: string): T | null {
  try {
    const text: unknown = uni.getStorageSync(key)
    return typeof text === 'string' && text ? (JSON.parse(text) as T) : null
  } catch {
    return null
  }
}

export function writeStored(key: string, value: unknown): void {
  try {
    uni.setStorageSync(key, JSON.stringify(value))
  } catch {
    // A full or forbidden storage must not stop anybody; what is kept is a convenience.
  }
}

export const removeStored = (key: string): void => uni.removeStorageSync(key)

export const readMine = <T>(key: string): T | null => readStored<T>(MINE + key)
export const writeMine = (key: string, value: unknown): void => writeStored(MINE + key, value)

export function forgetMine(): void {
  const keys = uni.getStorageInfoSync().keys
  for (const key of keys) if (key.startsWith(MINE)) uni.removeStorageSync(key)
}
