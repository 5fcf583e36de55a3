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

type Words<K extends string> = Record<K, string>
type Values = Record<string, string | number>

/** Look words up in a pair of dictionaries; a name in braces is filled in: `t('home.month', { n: 5 })`. */
export const translator =
  <K extends string>(chinese: Words<K>, english: Words<K>) =>
  (key: K, values: Values = {}): string =>
    (isChinese() ? chinese : english)[key].replace(/\{(\w+)\}/g, (_, name: string) =>
      String(values[name] ?? ''),
    )

export const t = translator<Key>(zh, en)
