"""Sessions: begun, stepped up, bound to a device, ended; what is saved of a request meanwhile."""
