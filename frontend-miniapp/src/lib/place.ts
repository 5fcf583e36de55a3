// Owns where the phone is, asked for only when somebody wants offers near them, and kept nowhere.
export function findPlace(): Promise<string | null> {
  return new Promise((resolve) => {
    uni.getLocation({
      type: 'gcj02',
      success: ({ latitude, longitude }) => resolve(`${latitude.toFixed(4)},${longitude.toFixed(4)}`),
      fail: () => resolve(null),
    })
  })
}
