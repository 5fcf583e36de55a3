"""Owns how Tanhui is packaged, deployed and run on one machine; holds no rule of the programme."""
