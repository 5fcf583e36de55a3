// Owns what a journal shows a resident: the balance after every entry, and the words and counterpart of each kind.
import type { Schema } from '@/api/client'

export type Entry = Schema<'Entry'>

export interface Line extends Entry {
  balanceAfter: number
}

/** The lines of a journal, newest first, with the balance after each; `pointsNow` is what is booked and spendable. */
export function withBalance(entries: Entry[], pointsNow: number): Line[] {
  let balance = pointsNow
  return entries.map((entry) => {
    const line = { ...entry, balanceAfter: balance }
    balance -= entry.points_change
    return line
  })
}

const csvField = (value: string | number) => `"${String(value).replace(/"/g, '""')}"`

/** Comma-separated lines with a byte order mark, which spreadsheet programs need to read Chinese. */
export function toCsv(header: string[], rows: (string | number)[][]): string {
  return '\ufeff' + [header, ...rows].map((row) => row.map(csvField).join(',')).join('\r\n') + '\r\n'
}
