// Owns the screen while a code is shown: bright and awake, and as before afterwards.
let restore: () => void = () => {}

export function brighten(): void {
  // #ifndef H5
  uni.getScreenBrightness({
    success: ({ value }) => (restore = () => uni.setScreenBrightness({ value })),
  })
  uni.setScreenBrightness({ value: 0.95 })
  uni.setKeepScreenOn({ keepScreenOn: true })
  // #endif
  // #ifdef H5
  const lock = navigator.wakeLock?.request('screen').catch(() => null)
  restore = () => void lock?.then((held) => held?.release())
  // #endif
}

export function relax(): void {
  restore()
  restore = () => {}
  // #ifndef H5
  uni.setKeepScreenOn({ keepScreenOn: false })
  // #endif
}
