// Owns reading a QR code with the browser's camera or from a photo. H5 only; mini-programs have uni.scanCode.
// The browser's own detector where it has one (Android), jsQR otherwise (iOS, desktop), loaded only when needed.

type Frame = HTMLVideoElement | ImageBitmap
type Detect = (frame: Frame, widthPx: number, heightPx: number) => Promise<string | null>

interface Detector {
  detect(frame: Frame): Promise<{ rawValue: string }[]>
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector
  getSupportedFormats(): Promise<string[]>
}

const LOOK_EVERY_MS = 120
const VIDEO_SIDE_MAX_PX = 640
const PHOTO_SIDE_MAX_PX = 1600

async function makeDetect(sideMaxPx: number): Promise<Detect> {
  const Native = (window as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector
  if (Native && (await Native.getSupportedFormats().catch((): string[] => [])).includes('qr_code')) {
    const detector = new Native({ formats: ['qr_code'] })
    return async (frame) => (await detector.detect(frame))[0]?.rawValue ?? null
  }
  const { default: jsQR } = await import('jsqr')
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  return async (frame, widthPx, heightPx) => {
    const scale = Math.min(1, sideMaxPx / Math.max(widthPx, heightPx))
    canvas.width = Math.round(widthPx * scale)
    canvas.height = Math.round(heightPx * scale)
    context.drawImage(frame, 0, 0, canvas.width, canvas.height)
    const image = context.getImageData(0, 0, canvas.width, canvas.height)
    return jsQR(image.data, image.width, image.height, { inversionAttempts: 'dontInvert' })?.data || null
  }
}

/** Show the camera in `host` and call `onCode` with the first code; returns how to stop. Rejects as getUserMedia does. */
export async function startCamera(host: HTMLElement, onCode: (code: string) => void): Promise<() => void> {
  const wanted = { facingMode: 'environment', width: { ideal: 1280 } }
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false })
  const video = document.createElement('video')
  video.muted = true
  video.setAttribute('playsinline', '')
  video.srcObject = stream
  host.appendChild(video)
  let isOn = true
  const stop = () => {
    isOn = false
    stream.getTracks().forEach((track) => track.stop())
    video.remove()
  }
  const [detect] = await Promise.all([makeDetect(VIDEO_SIDE_MAX_PX), video.play()])
  const look = async () => {
    const isReady = isOn && video.readyState >= 2
    const code = isReady ? await detect(video, video.videoWidth, video.videoHeight).catch(() => null) : null
    if (!isOn) return
    if (code) {
      stop()
      onCode(code)
    } else {
      setTimeout(look, LOOK_EVERY_MS)
    }
  }
  void look()
  return stop
}

/** Ask for a photo and return the code in it; null when there is none, undefined when no photo was chosen. */
export function readPhoto(): Promise<string | null | undefined> {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = 'image/*'
  return new Promise((resolve) => {
    input.addEventListener('cancel', () => resolve(undefined))
    input.addEventListener('change', async () => {
      const file = input.files?.[0]
      if (!file) return resolve(undefined)
      resolve(await codeIn(file).catch(() => null))
    })
    input.click()
  })
}

async function codeIn(file: File): Promise<string | null> {
  const image = await createImageBitmap(file)
  const detect = await makeDetect(PHOTO_SIDE_MAX_PX)
  return detect(image, image.width, image.height)
}
