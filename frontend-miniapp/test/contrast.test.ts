import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync('src/styles/tokens.scss', 'utf8')

function colours(theme: string): Record<string, string> {
  const block = css.match(new RegExp(`\\.${theme} \\{([^}]*)\\}`))![1]!
  return Object.fromEntries([...block.matchAll(/--cp-([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]))
}
const channel = (c: number) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
const luminance = (hex: string) =>
  [1, 3, 5]
    .map((at) => channel(parseInt(hex.slice(at, at + 2), 16) / 255))
    .reduce((sum, c, position) => sum + c * [0.2126, 0.7152, 0.0722][position]!, 0)
function ratio(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const PAIRS = [
  ['text', 'surface'],
  ['text', 'bg'],
  ['text', 'surface-2'],
  ['text-2', 'surface'],
  ['text-2', 'bg'],
  ['text-2', 'surface-2'],
  ['text-3', 'surface'],
  ['text-3', 'bg'],
  ['text-3', 'surface-2'],
  ['bg', 'text'],
  ['brand', 'surface'],
  ['brand', 'bg'],
  ['on-brand', 'brand'],
  ['on-brand-soft', 'brand-soft'],
  ['on-brand-soft', 'surface'],
  ['on-brand-soft', 'bg'],
  ['on-hero', 'hero-a'],
  ['on-hero', 'hero-b'],
  ['on-hero-2', 'hero-a'],
  ['on-hero-2', 'hero-b'],
  ['warm', 'surface'],
  ['warm', 'bg'],
  ['warm', 'warm-soft'],
  ['danger', 'surface'],
  ['danger', 'danger-soft'],
] as const

describe.each(['cp-light', 'cp-dark'])('%s', (theme) => {
  const tokens = colours(theme)
  it.each(PAIRS)('%s on %s can be read (AA)', (one, other) => {
    expect(ratio(tokens[one]!, tokens[other]!)).toBeGreaterThanOrEqual(4.5)
  })
})
