// Owns sending over uni.request, the one way that exists in WeChat, Alipay and the browser.
import { ApiError, type Transport } from './client'

export const uniTransport: Transport = (sent) =>
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
