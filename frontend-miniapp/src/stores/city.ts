// Owns what this deployment says of itself: which city, and whether it is a demonstration.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'

export const useCity = defineStore('city', () => {
  const isDemo = ref<boolean | null>(null)
  async function load(): Promise<void> {
    if (isDemo.value === null) isDemo.value = (await api.get('/v1/health')).demo
  }
  return { isDemo, load }
})
