import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import CpBars from '@/components/CpBars.vue'
import CpButton from '@/components/CpButton.vue'
import CpCell from '@/components/CpCell.vue'
import CpSwitch from '@/components/CpSwitch.vue'
import { usePrefs } from '@/stores/prefs'

beforeEach(() => setActivePinia(createPinia()))

describe('a button', () => {
  it('has a name and a role, and is deaf while disabled or busy', async () => {
    const wrapper = mount(CpButton, { props: { label: '兑换', disabled: true } })
    const element = wrapper.get('[role=button]')
    expect(element.attributes('aria-label')).toBe('兑换')
    await element.trigger('click')
    await wrapper.setProps({ disabled: false, busy: true })
    await element.trigger('click')
    expect(wrapper.emitted('press')).toBeUndefined()
    await wrapper.setProps({ busy: false })
    await element.trigger('click')
    expect(wrapper.emitted('press')).toHaveLength(1)
  })
})

describe('a row', () => {
  it('that leads somewhere is a button with all its words', () => {
    const props = { title: '乘坐公交一次', parts: ['今天 11:27'], value: '+8', leads: true }
    const element = mount(CpCell, { props }).get('[role=button]')
    expect(element.attributes('aria-label')).toBe('乘坐公交一次，今天 11:27，+8')
  })
  it('that leads nowhere is none', () => {
    expect(
      mount(CpCell, { props: { title: '一行' } })
        .find('[role=button]')
        .exists(),
    ).toBe(false)
  })
})

describe('a switch', () => {
  it('says how it stands and asks for the other', async () => {
    const wrapper = mount(CpSwitch, { props: { label: '大字版', on: false } })
    const element = wrapper.get('[role=switch]')
    expect(element.attributes('aria-checked')).toBe('false')
    await element.trigger('click')
    expect(wrapper.emitted('change')).toEqual([[true]])
  })
})

describe('bars', () => {
  it('are read out with month, number and unit', () => {
    const months = [
      { month: '2026-10', grams_co2e: 0 },
      { month: '2026-11', grams_co2e: 1705 },
    ]
    expect(mount(CpBars, { props: { months } }).get('[role=img]').attributes('aria-label')).toBe(
      '10月 0.0 千克 CO₂，11月 1.7 千克 CO₂',
    )
  })
})

describe('large type', () => {
  it('follows the phone until it is chosen', () => {
    const prefs = usePrefs()
    prefs.fontScale = 1.3
    expect(prefs.elder).toBe(true)
    prefs.setElder(false)
    expect(prefs.elder).toBe(false)
  })
})
