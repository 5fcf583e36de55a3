// Owns the names of the stores somebody works in, found in the published offers of those stores.
import { api } from '@/api/client'

/** The names by store id; a store without an offer is missing. */
export async function storeNames(storeIds: string[]): Promise<Record<string, string>> {
  const names: Record<string, string> = {}
  const { items } = await api.get('/v1/offers')
  for (const offer of items) {
    if (!offer.store_ids.some((id) => storeIds.includes(id) && !(id in names))) continue
    const { stores } = await api.get('/v1/offers/{offer_id}', { path: { offer_id: offer.id } })
    for (const store of stores) names[store.id] = store.name
  }
  return names
}
