import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, ApiError, buildUrl, config, fetchText, type Sent } from '@/api/client'

const answers: { status: number; data: unknown }[] = []
const sent: Sent[] = []

beforeEach(() => {
  answers.length = sent.length = 0
  config.token = () => 'old'
  config.renew = () => Promise.resolve(false)
  config.heard = vi.fn()
  config.transport = (one) => {
    sent.push(one)
    const answer = answers.shift()
    return answer ? Promise.resolve(answer) : Promise.reject(new ApiError(0, null))
  }
})
const PROBLEM = { code: 'token-expired', title: '登录已过期，请重新登录', detail: 'ended', status: 401 }

describe('addresses', () => {
  it('are filled in and encoded', () => {
    expect(buildUrl('', '/v1/x/{id}', { id: 'a/b' }, { scenario: '行', cursor: undefined, words: '' })).toBe(
      '/v1/x/a%2Fb?scenario=%E8%A1%8C',
    )
  })
})

describe('requests', () => {
  it('carry the token and bring the answer', async () => {
    answers.push({ status: 200, data: { account_id: 'res_a' } })
    expect((await api.get('/v1/me')).account_id).toBe('res_a')
    expect(sent[0]).toMatchObject({ url: '/v1/me', method: 'GET', header: { Authorization: 'Bearer old' } })
    expect(config.heard).toHaveBeenCalledWith(true)
  })
  it('fail with the problem that was answered', async () => {
    answers.push({ status: 409, data: { ...PROBLEM, code: 'voucher-not-open' } })
    await expect(api.get('/v1/me')).rejects.toMatchObject({ status: 409, code: 'voucher-not-open' })
  })
  it('without an answer fail as such', async () => {
    await expect(api.get('/v1/me')).rejects.toMatchObject({ status: 0, code: 'no-answer' })
    expect(config.heard).toHaveBeenCalledWith(false)
  })
  it('whose token has run out are sent once more with a fresh one', async () => {
    config.renew = () => {
      config.token = () => 'new'
      return Promise.resolve(true)
    }
    answers.push({ status: 401, data: PROBLEM }, { status: 200, data: {} })
    await api.get('/v1/me')
    expect(sent.map((one) => one.header.Authorization)).toEqual(['Bearer old', 'Bearer new'])
  })
  it('are not sent a third time', async () => {
    config.renew = () => Promise.resolve(true)
    answers.push({ status: 401, data: PROBLEM }, { status: 401, data: PROBLEM })
    await expect(api.get('/v1/me')).rejects.toMatchObject({ status: 401 })
    expect(sent).toHaveLength(2)
  })
  it('for a file ask for the bytes as they are', async () => {
    answers.push({ status: 200, data: '{"b":1}' })
    expect(await fetchText('/v1/me/export')).toBe('{"b":1}')
    expect(sent[0]!.asText).toBe(true)
  })
  it('that the document does not know do not compile', () => {
    // @ts-expect-error there is no such path
    void (() => api.get('/v1/nope'))
    // @ts-expect-error the path's parameter is needed
    void (() => api.get('/v1/offers/{offer_id}'))
    // @ts-expect-error the body is needed
    void (() => api.post('/v1/me/vouchers'))
    // @ts-expect-error this body has no such field
    void (() => api.post('/v1/me/vouchers', { body: { redemption_id: 'r', offer_id: 'o', points: 1 } }))
  })
})
