// Owns the language of the interface and looking words up. Must not hold words: zh.ts and en.ts do.
import { ref } from 'vue'
import { readStored, writeStored } from '@/lib/stored'
import { en } from './en'
import { zh } from './zh'

export type Locale = 'zh-CN' | 'en'
export type Key = keyof typeof zh

export const locale = ref<Locale>(readStored<Locale>('locale') === 'en' ? 'en' : 'zh-CN')

export const isChinese = (): boolean => locale.value === 'zh-CN'

export function setLocale(wanted: Locale): void {
  locale.value = wanted
  writeStored('locale', wanted)
}

/** `t('home.month', { n: 5 })`; a name in braces is filled in. */
export const t = (key: Key, values: Record<string, string | number> = {}): string =>
  (isChinese() ? zh : en)[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
