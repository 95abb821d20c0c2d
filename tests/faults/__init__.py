"""`make faults`: the portal as README's production section starts it, while its surroundings break."""
