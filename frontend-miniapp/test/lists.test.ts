import { describe, expect, it } from 'vitest'
import { toCsv, withBalance, type Entry } from '@/lib/ledger'
import { usePaged } from '@/lib/usePaged'
import { useQuery } from '@/lib/useQuery'
import { useAction } from '@/lib/useAction'
import { drawerOf, type Voucher } from '@/lib/vouchers'

const entry = (seq: number, change: number) => ({ seq, points_change: change }) as Entry

describe('a journal', () => {
  it('shows the balance after every entry', () => {
    const lines = withBalance([entry(3, 0), entry(2, -20), entry(1, 170)], 150)
    expect(lines.map((l) => l.balanceAfter)).toEqual([150, 150, 170])
  })
  it('becomes a file that a spreadsheet opens in Chinese', () => {
    expect(toCsv(['事项'], [['券“一”,"二"']])).toBe('\ufeff"事项"\r\n"券“一”,""二"""\r\n')
  })
})

describe('a voucher', () => {
  const voucher = (state: Voucher['state'], due: string) => ({ state, due_at: due }) as Voucher
  it('past its deadline has ended, also while nobody says so', () => {
    const now = Date.parse('2026-12-09T00:00:00Z')
    expect(drawerOf(voucher('open', '2026-12-10T00:00:00Z'), now)).toBe('open')
    expect(drawerOf(voucher('open', '2026-12-08T00:00:00Z'), now)).toBe('gone')
    expect(drawerOf(voucher('posted', '2026-12-08T00:00:00Z'), now)).toBe('used')
  })
})

describe('a query', () => {
  it('takes the last answer, whatever came late', async () => {
    const waiting: ((n: number) => void)[] = []
    const query = useQuery(() => new Promise<number>((resolve) => waiting.push(resolve)))
    const both = [query.reload(), query.reload()]
    waiting[1]!(2)
    waiting[0]!(1)
    await Promise.all(both)
    expect(query.data.value).toBe(2)
  })
  it('keeps what it had when a reload fails, and says since when', async () => {
    let isDown = false
    const query = useQuery(async () => {
      if (isDown) throw new Error('down')
      return 7
    })
    await query.reload()
    isDown = true
    await query.reload()
    expect(query.data.value).toBe(7)
    expect(query.staleAt.value).toBeTypeOf('number')
  })
  it('shows what the phone kept when there is no answer', async () => {
    await useQuery(
      async () => 'fresh',
      () => 'k',
    ).reload()
    const later = useQuery<string>(
      () => Promise.reject(new Error('down')),
      () => 'k',
    )
    await later.reload()
    expect(later.data.value).toBe('fresh')
  })
})

describe('a list in pages', () => {
  const pages = [
    { items: [1, 2], next_cursor: 'b' },
    { items: [3], next_cursor: null },
  ]
  it('goes on to its end and not beyond', async () => {
    const asked: (string | undefined)[] = []
    const list = usePaged<number>(async (cursor) => {
      asked.push(cursor)
      return pages[asked.length - 1]!
    })
    await list.reload()
    await list.more()
    await list.more()
    expect([list.items.value, list.isEnd.value, asked]).toEqual([[1, 2, 3], true, [undefined, 'b']])
  })
  it('keeps its items when a page fails, and goes on where it was', async () => {
    let calls = 0
    const list = usePaged<number>(async () => {
      calls += 1
      if (calls === 2) throw new Error('down')
      return pages[calls === 1 ? 0 : 1]!
    })
    await list.reload()
    await list.more()
    expect([list.items.value, !!list.error.value]).toEqual([[1, 2], true])
    await list.more()
    expect([list.items.value, list.error.value]).toEqual([[1, 2, 3], null])
  })
})

describe('an action', () => {
  it('tapped twice is done once', async () => {
    let done = 0
    let finish = () => {}
    const { run, busy } = useAction()
    const act = () => new Promise<void>((resolve) => (finish = resolve)).then(() => void (done += 1))
    const first = run(act)
    const second = run(act)
    expect(busy.value).toBe(true)
    finish()
    await Promise.all([first, second])
    expect([done, busy.value]).toEqual([1, false])
  })
})
