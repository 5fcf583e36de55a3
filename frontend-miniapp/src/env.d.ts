/// <reference types="vite/client" />
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}

interface ImportMetaEnv {
  /** Where mini-programs find the API, https://…; empty in H5, which is served from the same origin. */
  readonly VITE_API_URL?: string
}
