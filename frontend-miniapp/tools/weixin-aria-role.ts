// WeChat calls the attribute aria-role, everybody else role.
import type { Plugin } from 'vite'

export function weixinAriaRole(): Plugin {
  return {
    name: 'weixin-aria-role',
    enforce: 'pre',
    transform(code, id) {
      if (process.env.UNI_PLATFORM !== 'mp-weixin' || !id.endsWith('.vue')) return
      return { code: code.replace(/(\s:?)role="/g, '$1aria-role="'), map: null }
    },
  }
}
