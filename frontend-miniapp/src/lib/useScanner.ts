// Owns every way a code comes in: camera, photo, a scanner that types. What a code means is the page's business.
import { ref, type Ref } from 'vue'
import { t } from '@/i18n'
// #ifdef H5
import { characterOf, WedgeBuffer } from './wedge'
// #endif

export type By = 'camera' | 'photo' | 'typed' | 'wedge'

export interface Scanner {
  isLive: Ref<boolean>
  fault: Ref<string>
  openCamera: () => Promise<void>
  closeCamera: () => void
  choosePhoto: () => Promise<void>
  arm: () => void
  disarm: () => void
}

/** `hostId` is the id of the element that shows the picture (H5). */
export function useScanner(hostId: string, onCode: (code: string, by: By) => void): Scanner {
  const isLive = ref(false)
  const fault = ref('')
  let stop: () => void = () => {}

  function closeCamera(): void {
    stop()
    stop = () => {}
    isLive.value = false
  }

  async function openCamera(): Promise<void> {
    fault.value = ''
    // #ifdef H5
    if (isLive.value) return
    isLive.value = true
    try {
      const { startCamera } = await import('./camera.h5')
      stop = await startCamera(document.getElementById(hostId)!, (code) => {
        closeCamera()
        onCode(code, 'camera')
      })
    } catch (error) {
      closeCamera()
      fault.value = t((error as Error).name === 'NotAllowedError' ? 'till.denied' : 'till.noCamera')
    }
    // #endif
    // #ifndef H5
    uni.scanCode({
      success: ({ result }) => onCode(result, 'camera'),
      fail: ({ errMsg }: { errMsg?: string }) => {
        if (!/cancel/.test(errMsg ?? '')) fault.value = t('till.denied')
      },
    })
    // #endif
  }

  async function choosePhoto(): Promise<void> {
    fault.value = ''
    // #ifdef H5
    const { readPhoto } = await import('./camera.h5')
    const code = await readPhoto()
    if (code) onCode(code, 'photo')
    else if (code === null) fault.value = t('till.noCode')
    // #endif
  }

  // #ifdef H5
  const wedge = new WedgeBuffer((code) => onCode(code, 'wedge'))
  const onKey = (event: KeyboardEvent) => {
    if (!wedge.key(characterOf(event), event.timeStamp)) return
    event.preventDefault()
    event.stopPropagation()
  }
  // #endif

  return {
    isLive,
    fault,
    openCamera,
    closeCamera,
    choosePhoto,
    arm() {
      // #ifdef H5
      window.addEventListener('keydown', onKey, true)
      // #endif
    },
    disarm() {
      closeCamera()
      // #ifdef H5
      window.removeEventListener('keydown', onKey, true)
      // #endif
    },
  }
}
