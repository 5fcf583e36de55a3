// Owns moving between pages: the tabs, the rest, and to the login page and back again.
import { useSession } from '@/stores/session'

export const TABS = [
  '/pages/home/index',
  '/pages/offers/index',
  '/pages/pay/index',
  '/pages/vouchers/index',
  '/pages/me/index',
] as const
const LOGIN = '/pages/login/index'
const TILL = '/merchant/till/index'

const isTab = (url: string) => (TABS as readonly string[]).includes(url.split('?')[0]!)

export function go(url: string): void {
  if (isTab(url)) void uni.switchTab({ url: url.split('?')[0]! })
  else void uni.navigateTo({ url })
}

/** Replace this page; the way back skips it. */
export function replace(url: string): void {
  if (isTab(url)) void uni.switchTab({ url: url.split('?')[0]! })
  else void uni.redirectTo({ url, fail: () => uni.reLaunch({ url }) })
}

export function back(): void {
  if (getCurrentPages().length > 1) void uni.navigateBack()
  else replace(useSession().isStaff ? TILL : TABS[0])
}

export const startPage = (): string => (useSession().isStaff ? TILL : TABS[0])

/** The page that is shown, with its query, as an address. */
function currentUrl(): string {
  const pages = getCurrentPages()
  const page = pages[pages.length - 1] as { route?: string; $page?: { fullPath?: string } } | undefined
  return page?.$page?.fullPath ?? (page?.route ? `/${page.route}` : TABS[0])
}

let isLeaving = false

/** Go to the login page, which comes back here. Many failed requests ask at once; one is enough. */
export function toLogin(hasExpired = false): void {
  const from = currentUrl()
  if (isLeaving || from.startsWith(LOGIN)) return
  isLeaving = true
  setTimeout(() => (isLeaving = false), 1000)
  const query = `back=${encodeURIComponent(from)}${hasExpired ? '&expired=1' : ''}`
  void uni.reLaunch({ url: `${LOGIN}?${query}` })
}

/** Whether the signed-in person may see a page; sends away who may not. */
export function admit(role: 'resident' | 'staff' | 'manager'): boolean {
  const session = useSession()
  const is = { resident: session.isResident, staff: session.isStaff, manager: session.isManager }
  if (is[role]) return true
  if (session.session === null) toLogin()
  else void uni.reLaunch({ url: startPage() })
  return false
}
