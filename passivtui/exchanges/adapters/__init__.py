"""What differs between the venues, one module for each."""
