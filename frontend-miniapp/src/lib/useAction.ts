// Owns doing one thing at a time: while it runs, a second tap does nothing; when it fails, a sentence says so.
import { ref, type Ref } from 'vue'
import { notice } from './notice'
import { problemText } from './problems'

export interface Action {
  busy: Ref<boolean>
  run: <T>(act: () => Promise<T>) => Promise<T | undefined>
}

export function useAction(onError: (error: unknown) => void = (e) => notice.fail(problemText(e))): Action {
  const busy = ref(false)
  return {
    busy,
    async run(act) {
      if (busy.value) return undefined
      busy.value = true
      try {
        return await act()
      } catch (error) {
        onError(error)
        return undefined
      } finally {
        busy.value = false
      }
    },
  }
}
