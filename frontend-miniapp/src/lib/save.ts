// Owns handing a text over as a file: a download in the browser, the clipboard in mini-programs, which have no downloads.
export function saveText(name: string, text: string, kind: string): Promise<void> {
  // #ifdef H5
  const url = URL.createObjectURL(new Blob([text], { type: kind }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  return Promise.resolve()
  // #endif
  // #ifndef H5
  return new Promise((resolve, reject) =>
    uni.setClipboardData({
      data: text,
      success: () => resolve(),
      fail: () => reject(new Error(name + kind)),
    }),
  )
  // #endif
}
