// Owns what the console's pages share: the stores of the signed-in manager's merchant, by name.
import { computed, type ComputedRef } from 'vue'
import { api, type Schema } from '@/api/client'
import { yuan } from '@/lib/money'
import { useQuery, type Query } from '@/lib/useQuery'
import { c } from './words'

export type Store = Schema<'Store'>

export interface Stores {
  query: Query<Schema<'Stores'>>
  all: ComputedRef<Store[]>
  /** For a row of chips; with `withAll`, the empty value first: all stores. */
  options: (withAll?: boolean) => { value: string; label: string }[]
  nameOf: (storeId: string) => string
}

/** What points paid of bills, after an amount of points; vouchers alone pay nothing. */
export const off = (fen: number): string => (fen ? c('statements.off', { fen: yuan(fen) }) : '')

export function useStores(): Stores {
  const query = useQuery(() => api.get('/v1/merchant/stores'))
  const all = computed(() => query.data.value?.items ?? [])
  return {
    query,
    all,
    options: (withAll = false) => [
      ...(withAll ? [{ value: '', label: c('all.stores') }] : []),
      ...all.value.map((store) => ({ value: store.id, label: store.name })),
    ],
    nameOf: (storeId) => all.value.find((store) => store.id === storeId)?.name ?? storeId,
  }
}
