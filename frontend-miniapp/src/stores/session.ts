// Owns who is signed in on this phone, and signing in again by itself when a token has run out.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, type Schema } from '@/api/client'
import { forgetMine, readStored, removeStored, writeStored } from '@/lib/stored'

export type Role = 'resident' | 'cashier' | 'merchant_manager'
type Session = Schema<'Session'>

/** How somebody signed in, so that it can be done again without asking. */
interface Login {
  provider: 'dev'
  subject: string
  role: Role
}

export const useSession = defineStore('session', () => {
  const session = ref(readStored<Session>('session'))
  const login = ref(readStored<Login>('login'))
  const isResident = computed(() => session.value?.role === 'resident')
  const isStaff = computed(
    () => session.value?.role === 'cashier' || session.value?.role === 'merchant_manager',
  )
  const isManager = computed(() => session.value?.role === 'merchant_manager')
  let renewing: Promise<boolean> | null = null

  async function signIn(wanted: Login): Promise<void> {
    const found = await api.post('/v1/sessions', { body: wanted })
    if (session.value && session.value.subject !== found.subject) forgetMine()
    session.value = found
    login.value = wanted
    writeStored('session', found)
    writeStored('login', wanted)
  }

  /** Sign in again as before; whether that worked. Once at a time, however many requests ask. */
  function renew(): Promise<boolean> {
    const known = login.value
    if (known === null || session.value === null) return Promise.resolve(false)
    session.value = { ...session.value, access_token: '' }
    renewing ??= signIn(known)
      .then(() => true)
      .catch(() => false)
      .finally(() => (renewing = null))
    return renewing
  }

  /** The token no longer holds and there is no way to get another without the person. */
  function lose(): void {
    session.value = null
    removeStored('session')
  }

  function signOut(): void {
    lose()
    login.value = null
    removeStored('login')
    forgetMine()
  }

  return { session, isResident, isStaff, isManager, signIn, renew, lose, signOut }
})
