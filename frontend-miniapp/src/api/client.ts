// Owns the typed client: paths, parameters, bodies and answers are those of the OpenAPI document, checked when compiled.
// Must not know pages or storage. Works over any transport: uni.request in mini-programs and H5, a fake in tests.
import type { components, paths } from './schema'

export type Schema<N extends keyof components['schemas']> = components['schemas'][N]

type Method = 'get' | 'post' | 'put' | 'delete'
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: infer O } ? (O extends undefined ? never : P) : never
}[keyof paths]
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M & keyof paths[P]]>
type OkCode = 200 | 201 | 202 | 204
type Json<R> = R extends { content: { 'application/json': infer T } } ? T : undefined
type Ok<O> = O extends { responses: infer R }
  ? { [C in keyof R & OkCode]: Json<R[C]> }[keyof R & OkCode]
  : never
type PathPart<O> = O extends { parameters: { path: infer T } } ? { path: T } : { path?: undefined }
type QueryPart<O> = O extends { parameters: { query?: infer T } }
  ? [T] extends [undefined]
    ? { query?: undefined }
    : { query?: T }
  : { query?: undefined }
type BodyPart<O> = O extends { requestBody: { content: { 'application/json': infer T } } }
  ? { body: T }
  : { body?: undefined }
type Options<O> = PathPart<O> & QueryPart<O> & BodyPart<O>
type Arguments<O> = object extends Options<O> ? [options?: Options<O>] : [options: Options<O>]

/** A problem document (RFC 9457): `title` is for residents, in Chinese; `detail` is English. */
export interface Problem {
  code: string
  title: string
  detail: string
  status: number
  errors?: { pointer: string; detail: string }[]
  [fact: string]: unknown
}

/** An answer that is no success. `status` 0: there was no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.code ?? `status ${status}`)
  }

  get code(): string {
    return this.problem?.code ?? (this.status === 0 ? 'no-answer' : 'internal')
  }
}

export interface Sent {
  url: string
  method: string
  data: unknown
  header: Record<string, string>
  timeoutMs: number
  /** Hand the body over as it came, unparsed. */
  asText: boolean
}
export type Transport = (sent: Sent) => Promise<{ status: number; data: unknown }>

/** What the app plugs in when it starts. `renew` returns whether there is a fresh token to try once more with. */
export const config = {
  baseUrl: '',
  timeoutMs: 10_000,
  token: () => '',
  renew: () => Promise.resolve(false),
  heard: (_wasAnswered: boolean): void => {},
  transport: (() => Promise.reject(new ApiError(0, null))) as Transport,
}

export function buildUrl(
  base: string,
  template: string,
  path?: Record<string, unknown>,
  query?: Record<string, unknown>,
): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path?.[name])))
  const pairs = Object.entries(query ?? {})
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return base + filled + (pairs.length ? `?${pairs.join('&')}` : '')
}

interface Untyped {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  asText?: boolean
}

async function send(method: Method, template: string, options: Untyped): Promise<unknown> {
  const url = buildUrl(config.baseUrl, template, options.path, options.query)
  for (let isSecondTry = false; ; isSecondTry = true) {
    const token = config.token()
    const header: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
    const sent = {
      url,
      method: method.toUpperCase(),
      data: options.body,
      header,
      timeoutMs: config.timeoutMs,
      asText: options.asText ?? false,
    }
    const answer = await config.transport(sent).catch((error: unknown) => {
      config.heard(false)
      throw error
    })
    config.heard(true)
    if (answer.status >= 200 && answer.status < 300) return answer.data
    if (answer.status === 401 && !isSecondTry && (await config.renew())) continue
    throw new ApiError(answer.status, asProblem(answer.data))
  }
}

function asProblem(data: unknown): Problem | null {
  const isProblem = typeof data === 'object' && data !== null && 'code' in data && 'title' in data
  return isProblem ? (data as Problem) : null
}

/** What a typed call comes down to; its parameters and answer were checked against the document when compiled. */
function request(method: Method, template: string, [options]: unknown[]): Promise<never> {
  return send(method, template, (options ?? {}) as Untyped) as Promise<never>
}

type Call<M extends Method> = <P extends PathsWith<M>>(
  path: P,
  ...rest: Arguments<Operation<P, M>>
) => Promise<Ok<Operation<P, M>>>

/** The body of a GET exactly as it came: what is checked by its bytes, or is no JSON. */
export const fetchText = <P extends PathsWith<'get'>>(
  path: P,
  options: Pick<Untyped, 'path' | 'query'> = {},
): Promise<string> => send('get', path, { ...options, asText: true }) as Promise<string>

export const api: { [M in Method]: Call<M> } = {
  get: (path, ...rest) => request('get', path, rest),
  post: (path, ...rest) => request('post', path, rest),
  put: (path, ...rest) => request('put', path, rest),
  delete: (path, ...rest) => request('delete', path, rest),
}
