// Owns money: fen as integers inside, yuan as people write it outside.

/** What somebody typed as yuan, in fen; null when it is no amount of at least one fen with at most two decimals. */
export function parseYuan(text: string): number | null {
  const found = /^\s*(\d{1,7})(?:[.．。](\d{1,2}))?\s*$/.exec(text)
  if (!found) return null
  const fen = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return fen > 0 ? fen : null
}

export const yuan = (fen: number): string => {
  if (fen < 0) return `−${yuan(-fen)}`
  const whole = String(Math.trunc(fen / 100)).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return `¥${whole}.${String(fen % 100).padStart(2, '0')}`
}

/** As `yuan`, to be edited: 30 or 30.50. */
export const plainYuan = (fen: number): string =>
  fen % 100 ? `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}` : String(fen / 100)
