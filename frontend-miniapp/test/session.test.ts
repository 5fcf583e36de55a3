import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { config } from '@/api/client'
import { readMine, writeMine } from '@/lib/stored'
import { useSession } from '@/stores/session'

const LOGIN = { provider: 'dev', subject: 'xiaoman', role: 'resident' } as const
let requests = 0
let status = 201
let subject = 'res_a'

beforeEach(() => {
  setActivePinia(createPinia())
  requests = 0
  status = 201
  subject = 'res_a'
  config.transport = async () => {
    requests += 1
    return { status, data: { access_token: `token-${requests}`, role: 'resident', subject, store_ids: [] } }
  }
})

describe('a session', () => {
  it('is found again after a restart', async () => {
    await useSession().signIn(LOGIN)
    setActivePinia(createPinia())
    expect(useSession().isResident).toBe(true)
  })
  it('is renewed once, however many requests ask', async () => {
    const session = useSession()
    await session.signIn(LOGIN)
    const done = await Promise.all([session.renew(), session.renew(), session.renew()])
    expect([done, requests]).toEqual([[true, true, true], 2])
    expect(session.session?.access_token).toBe('token-2')
  })
  it('cannot be renewed where nobody signed in', async () => {
    expect(await useSession().renew()).toBe(false)
    expect(requests).toBe(0)
  })
  it('says when renewing was refused', async () => {
    const session = useSession()
    await session.signIn(LOGIN)
    status = 404
    expect(await session.renew()).toBe(false)
  })
  it('leaves nothing of its person behind', async () => {
    const session = useSession()
    await session.signIn(LOGIN)
    writeMine('token:red_1', 'secret')
    session.signOut()
    expect([readMine('token:red_1'), session.session]).toEqual([null, null])
  })
  it('of somebody else forgets what was kept', async () => {
    const session = useSession()
    await session.signIn(LOGIN)
    writeMine('token:red_1', 'secret')
    subject = 'res_b'
    await session.signIn({ ...LOGIN, subject: 'other' })
    expect(readMine('token:red_1')).toBe(null)
  })
})
