"""The agent on other machines than this one: ARM processors, older Pythons, older kernels, poorer hosts."""
