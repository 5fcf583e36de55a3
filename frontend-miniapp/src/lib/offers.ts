// Owns which offers somebody sees. Pure.
import type { Schema } from '@/api/client'

export type OfferInList = Schema<'OfferInList'>

export interface OfferFilter {
  scenario: string
  words: string
  /** Only offers for at most so many points; null: all. */
  pointsMax: number | null
}

export function filterOffers(offers: OfferInList[], filter: OfferFilter): OfferInList[] {
  const wanted = filter.words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return offers.filter((offer) => {
    const isInScenario = !filter.scenario || offer.scenario === filter.scenario
    const isAffordable = filter.pointsMax === null || offer.points <= filter.pointsMax
    const text = `${offer.title} ${offer.description ?? ''}`.toLowerCase()
    return isInScenario && isAffordable && wanted.every((word) => text.includes(word))
  })
}
