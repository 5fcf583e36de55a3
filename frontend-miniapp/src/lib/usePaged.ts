// Owns a list that comes in pages: the first, more, the end, and an error in between that can be retried.
import { computed, ref, type Ref } from 'vue'

export interface PageOf<T> {
  items: T[]
  next_cursor: string | null
}

export interface Paged<T> {
  items: Ref<T[]>
  error: Ref<unknown>
  loading: Ref<boolean>
  isFirst: Ref<boolean>
  isEmpty: Ref<boolean>
  isEnd: Ref<boolean>
  reload: () => Promise<void>
  more: () => Promise<void>
}

export function usePaged<T>(load: (cursor: string | undefined) => Promise<PageOf<T>>): Paged<T> {
  const items = ref<T[]>([]) as Ref<T[]>
  const error = ref<unknown>(null)
  const loading = ref(false)
  const cursor = ref<string | null>(null)
  const isLoaded = ref(false)
  let latest = 0

  async function fetchPage(isReload: boolean): Promise<void> {
    const mine = ++latest
    loading.value = true
    try {
      const page = await load(isReload ? undefined : (cursor.value ?? undefined))
      if (mine !== latest) return
      items.value = isReload ? page.items : [...items.value, ...page.items]
      cursor.value = page.next_cursor
      isLoaded.value = true
      error.value = null
    } catch (failure) {
      if (mine === latest) error.value = failure
    } finally {
      if (mine === latest) loading.value = false
    }
  }

  return {
    items,
    error,
    loading,
    isFirst: computed(() => !isLoaded.value),
    isEmpty: computed(() => isLoaded.value && items.value.length === 0 && cursor.value === null),
    isEnd: computed(() => isLoaded.value && cursor.value === null),
    reload: () => fetchPage(true),
    more: async () => {
      if (loading.value || (isLoaded.value && cursor.value === null)) return
      await fetchPage(!isLoaded.value)
    },
  }
}
