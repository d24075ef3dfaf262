"""An imaginary fleet that speaks the agents' protocol. Standard library only; shares no code with the product.

``plan_fleet`` draws the hosts from a seed, ``History`` tells what each of them would have sent, day by day. Equal seeds
give equal fleets, byte for byte.
"""
