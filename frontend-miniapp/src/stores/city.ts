// Owns what this deployment says of itself: which city, and whether it is a demonstration.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, type Schema } from '@/api/client'

export const useCity = defineStore('city', () => {
  const isDemo = ref<boolean | null>(null)
  /** The ways of signing in that this deployment takes. */
  const logins = ref<Schema<'Health'>['logins']>([])
  async function load(): Promise<void> {
    if (isDemo.value !== null) return
    const health = await api.get('/v1/health')
    logins.value = health.logins
    isDemo.value = health.demo
  }
  return { isDemo, logins, load }
})
