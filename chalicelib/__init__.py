"""Tanhui (碳惠): carbon-inclusion platform. Layers: api, jobs → services → store → domain."""
