// Owns handing over a file that only its owner may fetch. A browser downloads it; in mini-programs a PDF is opened, from where
// it can be sent on or printed, and a text goes to the clipboard.
import { fetchText } from '@/api/client'
import { saveText } from './save'

type Fetched = Parameters<typeof fetchText>[0]
interface Where {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
}

/** Our PDFs are plain ASCII: what was fetched as text is the file, byte for byte. */
export async function savePdf(name: string, path: Fetched, where: Where): Promise<void> {
  const text = await fetchText(path, where)
  // #ifdef H5
  await saveText(name, text, 'application/pdf')
  // #endif
  // #ifndef H5
  await openDocument(name, text)
  // #endif
}

export async function saveCsv(name: string, path: Fetched, where: Where): Promise<void> {
  const text = await fetchText(path, where)
  // Reading as text drops the byte order mark, which spreadsheet programs need to read Chinese.
  await saveText(name, '\ufeff' + text.replace(/^\ufeff/, ''), 'text/csv;charset=utf-8')
}

// #ifndef H5
function openDocument(name: string, text: string): Promise<void> {
  const root = (uni as unknown as { env: { USER_DATA_PATH: string } }).env.USER_DATA_PATH
  const filePath = `${root}/${name}`
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(name))
    const open = () =>
      uni.openDocument({ filePath, fileType: 'pdf', showMenu: true, success: () => resolve(), fail })
    uni.getFileSystemManager().writeFile({ filePath, data: text, encoding: 'utf8', success: open, fail })
  })
}
// #endif
