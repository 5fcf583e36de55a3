// Owns a photo on its way: chosen on the phone, put straight to where the server's link says. Kept nowhere else.
import { ApiError } from '@/api/client'

export interface Photo {
  content: ArrayBuffer
  type: 'image/jpeg' | 'image/png' | 'image/webp'
  /** To show it before it is sent. */
  preview: string
}

const TYPES: [string, Photo['type']][] = [
  ['png', 'image/png'],
  ['webp', 'image/webp'],
]
const typeOf = (name: string): Photo['type'] =>
  TYPES.find(([ending]) => name.toLowerCase().endsWith(ending))?.[1] ?? 'image/jpeg'

/** Ask for a photo, from the camera or the album; null when none was chosen. */
export function choosePhoto(): Promise<Photo | null> {
  return new Promise((resolve, reject) => {
    uni.chooseImage({
      count: 1,
      sizeType: ['compressed'],
      success: (chosen) => {
        const path = (chosen.tempFilePaths as string[])[0]
        if (!path) return resolve(null)
        // #ifdef H5
        const file = (chosen.tempFiles as unknown as File[])[0]!
        file
          .arrayBuffer()
          .then(
            (content) => resolve({ content, type: typeOf(file.type || file.name), preview: path }),
            reject,
          )
        // #endif
        // #ifndef H5
        uni.getFileSystemManager().readFile({
          filePath: path,
          success: ({ data }) => resolve({ content: data as ArrayBuffer, type: typeOf(path), preview: path }),
          fail: () => reject(new ApiError(0, null)),
        })
        // #endif
      },
      fail: () => resolve(null),
    })
  })
}

/** Put a photo to its link; rejects as a request without an answer does. */
export function putPhoto(url: string, photo: Photo): Promise<void> {
  return new Promise((resolve, reject) => {
    uni.request({
      url,
      method: 'PUT',
      data: photo.content,
      header: { 'Content-Type': photo.type },
      timeout: 60_000,
      success: ({ statusCode }) => (statusCode < 300 ? resolve() : reject(new ApiError(statusCode, null))),
      fail: () => reject(new ApiError(0, null)),
    })
  })
}
