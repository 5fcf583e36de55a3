// Owns loading one thing for a page: the last answer wins, what is known stays visible when a reload fails.
import { computed, ref, type Ref } from 'vue'
import { readMine, writeMine } from './stored'

export interface Query<T> {
  data: Ref<T | null>
  error: Ref<unknown>
  loading: Ref<boolean>
  /** When what is shown was loaded, if that was not just now. */
  staleAt: Ref<number | null>
  reload: () => Promise<void>
}

interface Kept<T> {
  at: number
  data: T
}

/** `keep` is the key under which the answer is kept on the phone and shown again without a network. */
export function useQuery<T>(load: () => Promise<T>, keep?: () => string): Query<T> {
  const data = ref<T | null>(null) as Ref<T | null>
  const error = ref<unknown>(null)
  const loading = ref(false)
  const loadedAt = ref<number | null>(null)
  const staleAt = computed(() => (error.value && data.value !== null ? loadedAt.value : null))
  let latest = 0

  async function reload(): Promise<void> {
    const mine = ++latest
    loading.value = true
    if (data.value === null && keep) showKept(readMine<Kept<T>>(keep()))
    try {
      const found = await load()
      if (mine !== latest) return
      data.value = found
      error.value = null
      loadedAt.value = Date.now()
      if (keep) writeMine(keep(), { at: loadedAt.value, data: found })
    } catch (failure) {
      if (mine === latest) error.value = failure
    } finally {
      if (mine === latest) loading.value = false
    }
  }

  function showKept(kept: Kept<T> | null): void {
    if (kept === null) return
    data.value = kept.data
    loadedAt.value = kept.at
  }

  return { data, error, loading, staleAt, reload }
}
