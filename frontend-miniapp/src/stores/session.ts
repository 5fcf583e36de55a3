// Owns who is signed in on this phone, and signing in again by itself when a token has run out.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ApiError, type Schema } from '@/api/client'
import { platformCode, type Provider } from '@/lib/platform'
import { forgetMine, readStored, removeStored, writeStored } from '@/lib/stored'

export type Role = 'resident' | 'cashier' | 'merchant_manager'
type Session = Schema<'Session'>

/** How somebody signed in, so that it can be done again without asking. */
type Login = { provider: 'dev'; subject: string; role: Role } | { provider: Provider; role: 'resident' }

/** What proves a login to the server, now: its name, or a fresh code of the platform. */
const proofOf = async (login: Login): Promise<Schema<'CloseAccount'>> =>
  login.provider === 'dev'
    ? { provider: 'dev', subject: login.subject }
    : { provider: login.provider, code: await platformCode() }

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
    const found = await api.post('/v1/sessions', { body: { ...(await proofOf(wanted)), role: wanted.role } })
    if (session.value && session.value.subject !== found.subject) forgetMine()
    session.value = found
    login.value = wanted
    writeStored('session', found)
    writeStored('login', wanted)
  }

  /** Prove the login once more, for what must not be done by whoever holds the phone. */
  async function prove(): Promise<Schema<'CloseAccount'>> {
    if (login.value === null) throw new ApiError(0, null)
    return proofOf(login.value)
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

  return { session, isResident, isStaff, isManager, signIn, prove, renew, lose, signOut }
})
