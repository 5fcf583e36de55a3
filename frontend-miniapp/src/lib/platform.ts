// Owns the platform's own login: which provider it is, and a fresh one-time code that proves the person.
import { ApiError } from '@/api/client'

export type Provider = 'wechat' | 'alipay'

/** The provider of the platform this runs on; null in a browser. */
export function platformProvider(): Provider | null {
  let found: Provider | null = null
  // #ifdef MP-WEIXIN
  found = 'wechat'
  // #endif
  // #ifdef MP-ALIPAY
  found = 'alipay'
  // #endif
  return found
}

/** Ask the platform for a code, without a word to the person. */
export function platformCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.login({
      success: ({ code }) => (code ? resolve(code) : reject(new ApiError(0, null))),
      fail: () => reject(new ApiError(0, null)),
    })
  })
}
