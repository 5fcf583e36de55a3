// Owns what the first page asks before the app has been loaded: a script of a few lines (tools/first-load.ts) sends it, and this
// hands the answers over. H5 only. Whatever is not as expected is asked again in the ordinary way.
import type { Sent } from '@/api/client'

/** What the home page of a resident asks; a path that no page asks for any more only costs its request. */
export const EARLY_PATHS = ['/v1/me', '/v1/me/months', '/v1/me/activities?limit=4']

export interface Early {
  token: string
  answers: Record<string, Promise<{ status: number; data: unknown }> | undefined>
}

/** The answer to a request that was sent early, once; undefined when it was not, or was no success. */
export async function takeEarly(sent: Sent): Promise<{ status: number; data: unknown } | undefined> {
  const early = (window as unknown as { tanhuiEarly?: Early }).tanhuiEarly
  const answer = sent.method === 'GET' ? early?.answers[sent.url] : undefined
  if (!early || !answer || sent.header.Authorization !== `Bearer ${early.token}`) return undefined
  early.answers[sent.url] = undefined
  const found = await answer.catch(() => undefined)
  return found?.status === 200 ? found : undefined
}
