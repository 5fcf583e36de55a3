// Owns SHA-256 and HMAC over bytes (FIPS 180-4, RFC 2104): mini-programs have no crypto of their own. Short messages only.
const K = Uint32Array.from(primes(64), (p) => fraction(Math.cbrt(p)))
const START = Uint32Array.from(primes(8), (p) => fraction(Math.sqrt(p)))
const BLOCK_BYTES = 64

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n += 1) if (found.every((p) => n % p)) found.push(n)
  return found
}
/** The first 32 bits of the fractional part. */
function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32)
}
const turn = (x: number, by: number) => (x >>> by) | (x << (32 - by))

function padded(message: Uint8Array): DataView {
  const length = Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES
  const bytes = new Uint8Array(length)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setUint32(length - 4, message.length * 8)
  return view
}

function mix(hash: Uint32Array, block: DataView, at: number): void {
  const w = new Uint32Array(64)
  for (let i = 0; i < 16; i += 1) w[i] = block.getUint32(at + i * 4)
  for (let i = 16; i < 64; i += 1) {
    const a = w[i - 15]!
    const b = w[i - 2]!
    const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)
    const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10)
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i += 1) {
    const t1 = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i]! + w[i]!
    const t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
  }
  ;[a, b, c, d, e, f, g, h].forEach((value, i) => (hash[i] = hash[i]! + value))
}

export function sha256(message: Uint8Array): Uint8Array {
  const hash = START.slice()
  const view = padded(message)
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) mix(hash, view, at)
  const out = new DataView(new ArrayBuffer(32))
  hash.forEach((word, i) => out.setUint32(i * 4, word))
  return new Uint8Array(out.buffer)
}

const joined = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key)
  const inner = sha256(
    joined(
      block.map((b) => b ^ 0x36),
      message,
    ),
  )
  return sha256(
    joined(
      block.map((b) => b ^ 0x5c),
      inner,
    ),
  )
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0))
