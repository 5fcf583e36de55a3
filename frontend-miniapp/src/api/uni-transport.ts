// Owns sending over uni.request, the one way that exists in WeChat, Alipay and the browser.
import { ApiError, type Sent, type Transport } from './client'
// #ifdef H5
import { takeEarly } from '@/lib/early.h5'
// #endif

export const uniTransport: Transport = async (sent) => {
  // #ifdef H5
  const early = await takeEarly(sent)
  if (early) return early
  // #endif
  return request(sent)
}

const request = (sent: Sent): Promise<{ status: number; data: unknown }> =>
  new Promise((resolve, reject) => {
    uni.request({
      url: sent.url,
      method: sent.method as 'GET',
      data: sent.data as UniApp.RequestOptions['data'],
      header: sent.header,
      timeout: sent.timeoutMs,
      dataType: sent.asText ? 'text' : 'json',
      success: (answer) => resolve({ status: answer.statusCode, data: answer.data }),
      fail: () => reject(new ApiError(0, null)),
    })
  })
