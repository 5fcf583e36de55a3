// Owns how the app looks on this phone: large type, light or dark.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { readStored, writeStored } from '@/lib/stored'

export type Scheme = 'auto' | 'light' | 'dark'
export type Theme = 'light' | 'dark'

const ELDER_FONT_SCALE = 1.25

export const usePrefs = defineStore('prefs', () => {
  const elderChosen = ref(readStored<boolean>('elder'))
  const fontScale = ref(1)
  const scheme = ref<Scheme>(readStored<Scheme>('scheme') ?? 'auto')
  const system = ref<Theme>('light')
  /** Large type, as chosen, else as the phone's own font size suggests. */
  const elder = computed(() => elderChosen.value ?? fontScale.value >= ELDER_FONT_SCALE)
  const theme = computed<Theme>(() => (scheme.value === 'auto' ? system.value : scheme.value))
  const classes = computed(() => [`cp-${theme.value}`, elder.value ? 'cp-elder' : 'cp-normal'])

  function setElder(wanted: boolean): void {
    elderChosen.value = wanted
    writeStored('elder', wanted)
  }
  function setScheme(wanted: Scheme): void {
    scheme.value = wanted
    writeStored('scheme', wanted)
  }
  return { elder, fontScale, scheme, system, theme, classes, setElder, setScheme }
})
