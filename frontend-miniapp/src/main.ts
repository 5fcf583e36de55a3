// Composition: plugs the transport, the session and the network state into the client.
import { createSSRApp } from 'vue'
import { createPinia } from 'pinia'
import { config } from '@/api/client'
import { uniTransport } from '@/api/uni-transport'
import { toLogin } from '@/lib/go'
import { net } from '@/lib/net'
import { useSession } from '@/stores/session'
import App from './App.vue'
// #ifdef H5
import { installA11y } from '@/lib/a11y.h5'
import { keepApp } from '@/lib/offline.h5'
// #endif

export function createApp() {
  const app = createSSRApp(App)
  app.use(createPinia())
  const session = useSession()
  config.baseUrl = import.meta.env.VITE_API_URL ?? ''
  config.transport = uniTransport
  config.token = () => session.session?.access_token ?? ''
  config.heard = net.heard
  config.renew = async () => {
    if (session.session === null) return false
    if (await session.renew()) return true
    session.lose()
    toLogin(true)
    return false
  }
  // #ifdef H5
  installA11y()
  keepApp()
  // #endif
  return { app }
}
