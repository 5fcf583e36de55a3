import { beforeEach, vi } from 'vitest'

const kept = new Map<string, unknown>()
vi.stubGlobal('uni', {
  request: vi.fn(),
  getStorageSync: (key: string) => kept.get(key) ?? '',
  setStorageSync: (key: string, value: unknown) => kept.set(key, value),
  removeStorageSync: (key: string) => kept.delete(key),
  getStorageInfoSync: () => ({ keys: [...kept.keys()] }),
  onNetworkStatusChange: vi.fn(),
  switchTab: vi.fn(),
  navigateTo: vi.fn(),
  reLaunch: vi.fn(),
})
beforeEach(() => kept.clear())
