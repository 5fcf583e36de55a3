// Owns whether the network is there, as the platform says and as the last request found.
import { ref } from 'vue'

const online = ref(true)

export const net = {
  online,
  /** A request was answered, or was not. */
  heard(wasAnswered: boolean): void {
    online.value = wasAnswered
  },
  watch(): void {
    uni.onNetworkStatusChange(({ isConnected }) => (online.value = isConnected))
  },
}
