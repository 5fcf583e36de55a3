// Owns what a cashier hears and feels: one tone for success, another for a refusal.
export type Outcome = 'done' | 'failed'

const TONES: Record<Outcome, { frequencyHz: number; atS: number; lengthS: number }[]> = {
  done: [
    { frequencyHz: 880, atS: 0, lengthS: 0.12 },
    { frequencyHz: 1320, atS: 0.14, lengthS: 0.2 },
  ],
  failed: [{ frequencyHz: 220, atS: 0, lengthS: 0.45 }],
}

// #ifdef H5
let context: AudioContext | null = null
// #endif

export function signal(outcome: Outcome): void {
  // #ifdef H5
  context ??= typeof AudioContext === 'undefined' ? null : new AudioContext()
  if (context) play(context, outcome)
  navigator.vibrate?.(outcome === 'done' ? 60 : [80, 60, 80])
  // #endif
  // #ifndef H5
  if (outcome === 'done') uni.vibrateShort({})
  else uni.vibrateLong({})
  // #endif
}

// #ifdef H5
function play(audio: AudioContext, outcome: Outcome): void {
  for (const tone of TONES[outcome]) {
    const oscillator = audio.createOscillator()
    const gain = audio.createGain()
    oscillator.frequency.value = tone.frequencyHz
    gain.gain.value = 0.15
    oscillator.connect(gain).connect(audio.destination)
    oscillator.start(audio.currentTime + tone.atS)
    oscillator.stop(audio.currentTime + tone.atS + tone.lengthS)
  }
}
// #endif
