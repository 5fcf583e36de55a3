// Owns numbers, days and instants as residents read them, in the city's time whatever the phone's zone.
// Must not know where a number comes from. Integers in, text out.
import { isChinese } from '@/i18n'

const CITY_OFFSET_MS = 8 * 3_600_000 // China has one zone
const MONTHS_EN = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')

export const signed = (n: number): string => (n > 0 ? '+' : n < 0 ? '−' : '') + thousands(Math.abs(n))

/** 51500 → 51.5 */
export const fromMilli = (n: number): string => {
  const rest = String(n % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '')
  return thousands(Math.trunc(n / 1000)) + (rest ? `.${rest}` : '')
}

/** Grams with their unit, cut and never rounded up: 515 克, 1.7 千克, 2.05 吨. */
export const grams = (g: number): string => {
  if (g < 0) return `−${grams(-g)}`
  const [unit, kilo, tonne] = isChinese() ? [' 克', ' 千克', ' 吨'] : [' g', ' kg', ' t']
  if (g < 1000) return g + unit
  if (g < 1_000_000) return thousands(Math.trunc(g / 1000)) + decimals(Math.trunc((g % 1000) / 100), 1) + kilo
  return thousands(Math.trunc(g / 1_000_000)) + decimals(Math.trunc((g % 1_000_000) / 10_000), 2) + tonne
}
const decimals = (n: number, digits: number) => '.' + String(n).padStart(digits, '0')

/** Kilograms as a bare number, for a chart whose title names the unit. */
export const kilograms = (g: number): string =>
  Math.trunc(g / 1000) + decimals(Math.trunc((g % 1000) / 100), 1)

/** Metres as people say them: 350 米, 1.2 公里. */
export const distance = (m: number): string => {
  if (m < 1000) return isChinese() ? `${m} 米` : `${m} m`
  const km = (m / 1000).toFixed(1)
  return isChinese() ? `${km} 公里` : `${km} km`
}

const inCity = (at: number) => new Date(at + CITY_OFFSET_MS)
const two = (n: number) => String(n).padStart(2, '0')

/** The city's calendar day of an instant, 2026-11-24. */
export const dayOf = (at: number): string => inCity(at).toISOString().slice(0, 10)
export const monthOf = (at: number): string => dayOf(at).slice(0, 7)

/** `2026-11-24` → 11月24日, with the year when it is not this one. */
export const day = (on: string, now = Date.now()): string => {
  const [year, month, date] = on.split('-').map(Number) as [number, number, number]
  const isThisYear = dayOf(now).startsWith(String(year))
  if (!isChinese()) return `${date} ${MONTHS_EN[month - 1]}${isThisYear ? '' : ' ' + year}`
  return `${isThisYear ? '' : year + '年'}${month}月${date}日`
}

/** The whole date, for deadlines: 2027年12月31日. */
export const fullDay = (on: string): string => {
  const [year, month, date] = on.split('-').map(Number) as [number, number, number]
  return isChinese() ? `${year}年${month}月${date}日` : `${date} ${MONTHS_EN[month - 1]} ${year}`
}

/** `2026-11` → 2026年11月 */
export const month = (text: string): string => {
  const [year, number] = text.split('-').map(Number) as [number, number]
  return isChinese() ? `${year}年${number}月` : `${MONTHS_EN[number - 1]} ${year}`
}

export const shortMonth = (text: string): string => {
  const number = Number(text.slice(5))
  return isChinese() ? `${number}月` : MONTHS_EN[number - 1]!
}

export const monthBefore = (text: string): string => monthAt(text, -1)
export const monthAfter = (text: string): string => monthAt(text, 1)
const monthAt = (text: string, step: number) => {
  const [year, number] = text.split('-').map(Number) as [number, number]
  const index = year * 12 + number - 1 + step
  return `${Math.floor(index / 12)}-${two((index % 12) + 1)}`
}

export const time = (at: string): string => inCity(Date.parse(at)).toISOString().slice(11, 16)

/** An instant: 今天 11:27, 昨天 11:27, 11月20日 11:27, 2025年11月20日 11:27. */
export const dateTime = (at: string, now = Date.now()): string => {
  const on = dayOf(Date.parse(at))
  return `${relativeDay(on, now)} ${time(at)}`
}

export const relativeDay = (on: string, now = Date.now()): string => {
  if (on === dayOf(now)) return isChinese() ? '今天' : 'Today'
  if (on === dayOf(now - 86_400_000)) return isChinese() ? '昨天' : 'Yesterday'
  return day(on, now)
}
